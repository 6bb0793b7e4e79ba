"""What is said to a proposal that two people carry: a waiver, a redaction."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest

from aegis.accounts.recent import authenticated_at, is_recent
from aegis.pages.forms.refusable import RefusableForm
from aegis.pages.presence import prove


class AnswerForm(RefusableForm):
    """One of the ``offers``, by verdict; to agree (``approve``) takes a recent sign-in."""

    verdict = forms.ChoiceField(
        label="Your answer",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose an answer."},
    )
    comment = forms.CharField(
        label="Comment",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A no takes a reason.",
    )
    password = forms.CharField(
        label="Your password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="To agree: your last sign-in is more than 15 minutes ago.",
    )

    def __init__(
        self, *args: Any, request: HttpRequest, offers: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        choice = self.fields["verdict"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = list(offers.items())
        if is_recent(request) or "approve" not in offers:
            del self.fields["password"]

    def clean(self) -> dict[str, Any]:
        """Prove presence last, and for agreeing alone."""
        data: dict[str, Any] = super().clean() or {}
        asked = "password" in self.fields and data.get("verdict") == "approve"
        if asked and not self.errors:
            refusal = prove(self.request, data.get("password", ""))
            if refusal is not None:
                self.refuse_at("password", refusal)
        return data

    @property
    def said(self) -> dict[str, Any]:
        """Return what the verb of the chosen answer takes besides the actor."""
        verdict, comment = self.cleaned_data["verdict"], self.cleaned_data["comment"]
        if verdict == "withdraw":
            return {}
        if verdict == "approve":
            return {"comment": comment, "authenticated_at": authenticated_at(self.request)}
        return {"comment": comment}
