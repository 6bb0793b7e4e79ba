"""Who may sign in with a password."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from aegis.accounts.models import User


class PeopleOnly(AuthenticationBackend):
    """Sign-in by user name or e-mail, for active people; a session of anybody else ends."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        """Refuse inactive accounts, and those that automation works as."""
        return isinstance(user, User) and user.is_active and not user.is_service
