"""Who may sign in with a password."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from aegis.accounts.models import User


class PeopleOnly(AuthenticationBackend):
    """Sign-in by user name or e-mail, for active people; a session of anybody else ends."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        """Refuse inactive accounts, and those that automation works as."""
        return isinstance(user, User) and user.is_active and not user.is_service

    def get_user(self, user_id: Any) -> User | None:
        """Return the account of a session with the names of its groups, which every page asks."""
        groups = User.groups.through.objects.filter(user=OuterRef("pk"))
        found = User.objects.filter(pk=user_id).annotate(
            names=ArraySubquery(groups.values("group__name"))
        )
        user = found.first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.keep_group_names(user.names)
        return user
