"""Forms around redactions: what is to go and why, and what a second person says to it."""

from typing import Any, Final

from django import forms
from django.http import HttpRequest

from aegis.accounts.recent import authenticated_at, is_recent
from aegis.pages.forms.refusable import RefusableForm
from aegis.pages.presence import prove
from registry.models import RedactionReason

OFFERS: Final = {
    "approve": "Agree: it has to go",
    "decline": "Decline: it stays",
    "withdraw": "Take my proposal back",
}


class RedactionForm(RefusableForm):
    """Why something has to go; what it is stands in the address."""

    kind = forms.CharField(widget=forms.HiddenInput)
    target = forms.CharField(widget=forms.HiddenInput, strip=False)
    reason_code = forms.ChoiceField(
        label="What is it?",
        choices=RedactionReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what it is."},
    )
    reason = forms.CharField(
        label="Where, and why does it have to go?",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Do not repeat it here: this stays, and everybody who sees the version reads it.",
        error_messages={"required": "Say why."},
    )


class RedactionDecisionForm(RefusableForm):
    """What somebody says to a proposed redaction; agreeing takes a recent sign-in."""

    verdict = forms.ChoiceField(
        label="What do you say?",
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
        help_text="Your last sign-in is more than 15 minutes ago.",
    )

    def __init__(self, *args: Any, request: HttpRequest, offered: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        choice = self.fields["verdict"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(word, OFFERS[word]) for word in offered]
        if is_recent(request) or "approve" not in offered:
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
        comment = self.cleaned_data["comment"]
        return {
            "approve": {"comment": comment, "authenticated_at": authenticated_at(self.request)},
            "decline": {"comment": comment},
            "withdraw": {},
        }[self.cleaned_data["verdict"]]
