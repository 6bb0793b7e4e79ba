"""How allauth behaves here."""

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

logger = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """People are entered by an administrator, and a mail server that is away breaks no page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- allauth's signature.
        """Nobody signs up: who has an account may ask, read and decide."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a letter. The answer is the same where it cannot be sent, but the log says so."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            logger.exception(
                "letter_not_sent", template=template_prefix, reason=type(error).__name__
            )
