"""Forms that take a reason for a change of stage."""

from typing import Any

from django import forms

from aegis.pages.forms.refusable import RefusableForm

LONGEST = 4000


class ReasonForm(RefusableForm):
    """Why something is done. It is kept with the version."""

    reason = forms.CharField(
        label="What happened?",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with the version, and its digest in the audit log.",
        error_messages={"required": "Say why."},
    )


class ArchiveForm(ReasonForm):
    """Why a version goes out of use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Why"


class RecallForm(ReasonForm):
    """Why a version must not be used any more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "What is wrong with it?"
        self.fields[
            "reason"
        ].help_text = (
            "Everybody who asks for the version, and everybody who fetched it, reads this."
        )


class RollbackForm(ReasonForm):
    """The version to go back to, and why."""

    version = forms.IntegerField(
        min_value=1,
        error_messages={
            "required": "Choose the version to go back to.",
            "invalid": "Choose one of the versions.",
        },
    )
