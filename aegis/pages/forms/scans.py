"""The form that proposes to take a file as a scan found it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from aegis.pages.forms.refusable import RefusableForm
from registry.models.waivers import LONGEST_WAIVER

USUAL: Final = 30
"""Days that the form proposes."""


class WaiverForm(RefusableForm):
    """Why a file is taken as it is, and until when."""

    field_of = {"expires_at": "until"}

    path = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why is it fine?",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What you read, and where. A second person reads it, and so do reviewers.",
        error_messages={"required": "Say why it is fine."},
    )
    until = forms.DateField(
        label="Until",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=f"The last day. At most {LONGEST_WAIVER} days from now.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = timezone.now().date() + timedelta(days=USUAL)

    @property
    def said(self) -> dict[str, Any]:
        """Return what the verb takes: the waiver ends with the day."""
        kept = self.cleaned_data
        last = datetime.combine(kept["until"], time.max, tzinfo=UTC)
        longest = timezone.now() + timedelta(days=LONGEST_WAIVER)
        # The last day that may be chosen is one that has not passed to its end.
        if last.date() == longest.date():
            last = longest
        return {"path": kept["path"], "reason": kept["reason"], "expires_at": last}
