"""Forms that take a person who signed in a moment ago, and ask for the password in place."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest

from aegis.accounts.recent import authenticated_at, is_recent
from aegis.pages import presence
from aegis.pages.forms.refusable import RefusableForm


class PresentForm(RefusableForm):
    """A form with a password, which is asked for only where the last sign-in is too long ago."""

    field_of: ClassVar[Mapping[str, str]] = {presence.ASKED: "password"}

    password = forms.CharField(
        label="Your password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Your last sign-in is more than 15 minutes ago. What you wrote is kept.",
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @property
    def asks_password(self) -> bool:
        """Say whether the person has to give their password with this form."""
        return not is_recent(self.request)

    def clean(self) -> dict[str, Any]:
        """Prove presence last, so that a form with another fault does not count as an attempt."""
        data: dict[str, Any] = super().clean() or {}
        if self.asks_password and not self.errors:
            refusal = presence.prove(self.request, data.get("password", ""))
            if refusal is not None:
                self.refuse_at("password", refusal)
        return data

    @property
    def proof(self) -> dict[str, Any]:
        """Return when the person last proved who they are, as verbs want it."""
        return {"authenticated_at": authenticated_at(self.request)}
