"""How allauth behaves here."""

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from aegis.accounts.models import User
from aegis.accounts.people import choose_password

logger = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """People are entered by an administrator, and a mail server that is away breaks no page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- allauth's signature.
        """Nobody signs up: who has an account may ask, read and decide."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **hook: Any) -> HttpResponse | None:
        """Let nobody in as a service account, by whichever way they came."""
        if user.is_service:
            clear_login(request)
            return redirect("account_inactive")
        answer: HttpResponse | None = super().pre_login(request, user, **hook)
        return answer

    def set_password(self, user: User, password: str) -> None:
        """Change a password by the verb that records it."""
        choose_password(user, password=password)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link with which a person chooses a password; a service account has none."""
        if not user.is_service:
            super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a letter. The answer is the same where it cannot be sent, but the log says so."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            logger.exception(
                "letter_not_sent", template=template_prefix, reason=type(error).__name__
            )
