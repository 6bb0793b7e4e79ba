"""A mail server that cannot be had in a test."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class BrokenMail(BaseEmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:  # noqa: ARG002 -- Django calls it so.
        raise ConnectionRefusedError(111, "Connection refused")
