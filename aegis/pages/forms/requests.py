"""What people fill in to ask for a promotion."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from aegis.pages.forms.refusable import RefusableForm
from approvals.requests import LONGEST_REASON


class AskForm(RefusableForm):
    """Why a version should come to a stage, and by when it is wanted."""

    field_of: ClassVar[Mapping[str, str]] = {"due_at": "due"}

    reason = forms.CharField(
        label="Why now?",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Reviewers read this first. Say what gets better and what you checked.",
        error_messages={"required": "Say why it should be promoted."},
    )
    due = forms.DateField(
        label="Wanted by",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": "Write a date as 2026-12-31."},
    )

    @property
    def asked(self) -> Mapping[str, Any]:
        """Return what the verb takes: a day is wanted until its end."""
        day = self.cleaned_data["due"]
        due = timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None
        return {"reason": self.cleaned_data["reason"], "due_at": due}
