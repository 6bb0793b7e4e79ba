"""What people fill in while they review: a decision, a remark, or a step back."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from aegis.pages import presence
from aegis.pages.forms.present import PresentForm
from aegis.pages.forms.refusable import RefusableForm
from aegis.pages.kept import Kept
from approvals.models import Decision

CHANGED = "subject_changed"


class DecisionForm(PresentForm):
    """One person's word about the subject whose digest the page showed."""

    field_of: ClassVar[Mapping[str, str]] = {
        presence.ASKED: "password",
        "warnings_not_acknowledged": "read_warnings",
    }

    verdict = forms.ChoiceField(
        choices=Decision.Verdict.choices,
        error_messages={
            "required": "Choose a decision.",
            "invalid_choice": "A decision is to approve, to request changes or to reject.",
        },
    )
    comment = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-shortcut": "m"}),
        help_text="Required unless you approve. Kept with the request.",
    )
    read_warnings = forms.BooleanField(required=False)
    subject_digest = forms.CharField(widget=forms.HiddenInput, strip=False)

    @property
    def said(self) -> dict[str, Any]:
        """Return the decision as the verb takes it."""
        data = self.cleaned_data
        return self.proof | {
            "verdict": data["verdict"],
            "comment": data["comment"],
            "subject_digest": data["subject_digest"],
            "acknowledged_warnings": data["read_warnings"],
        }

    @property
    def kept(self) -> Kept:
        """Return the comment that was sent, for a page that offers the form no more."""
        words = str(self.data.get("comment", "")) if self.is_bound else ""
        return (("Your comment", words),) if words.strip() else ()

    @property
    def is_about_the_past(self) -> bool:
        """Say whether it was refused because the subject changed meanwhile."""
        return self.refusal is not None and self.refusal.code == CHANGED


class TakeBackForm(PresentForm):
    """One's own decision, taken back."""


class CommentForm(RefusableForm):
    """A remark in the discussion."""

    field_of: ClassVar[Mapping[str, str]] = {"comment": "body"}

    body = forms.CharField(
        label="Add a comment",
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Markdown works here"}),
        error_messages={"required": "Write something first."},
    )


class WithdrawForm(RefusableForm):
    """A request, taken back by whoever asked or maintains the model."""

    reason = forms.CharField(
        label="Why", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 2})
    )
