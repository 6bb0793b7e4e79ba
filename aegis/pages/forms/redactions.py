"""The form that proposes a redaction: what is to go, and why."""

from django import forms

from aegis.pages.forms.refusable import RefusableForm
from registry.models import RedactionReason


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
