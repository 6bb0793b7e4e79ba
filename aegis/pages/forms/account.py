"""What people fill in about their own account."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Final

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from aegis.accounts.models import ApiToken
from aegis.pages import presence
from aegis.pages.forms.present import PresentForm
from aegis.pages.token_lines import SCOPES

USUAL: Final = timedelta(days=90)
LONGEST: Final = timedelta(days=365)


class TokenForm(PresentForm):
    """A new token: what it is for, what it may, when it ends."""

    field_of: ClassVar[Mapping[str, str]] = {
        presence.ASKED: "password",
        "lifetime": "ends",
        "scope_too_wide": "scopes",
        "production_token_reads": "production_only",
    }

    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "what it is for", "autocomplete": "off"}),
        error_messages={"required": "Say what it is for."},
    )
    ends = forms.DateField(
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="At most one year.",
        error_messages={"invalid": "Write a date as 2026-12-31."},
    )
    scopes = forms.MultipleChoiceField(
        label="May",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "A token needs a right to do anything."},
    )
    production_only = forms.BooleanField(
        label="Only versions in Production",
        required=False,
        help_text="For what deploys: of versions it reads those in Production alone.",
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        today = timezone.localdate()
        initial = {"ends": today + USUAL, "scopes": [ApiToken.Scope.READ]}
        super().__init__(*args, request=request, initial=initial, **kwargs)
        is_administrator = getattr(request.user, "is_administrator", False)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]  # A choice.
            (scope, words)
            for scope, words in SCOPES.items()
            if scope != ApiToken.Scope.ADMIN or is_administrator
        ]
        limits = {"min": today + timedelta(days=1), "max": today + LONGEST}
        self.fields["ends"].widget.attrs |= {key: day.isoformat() for key, day in limits.items()}

    @property
    def wanted(self) -> Mapping[str, Any]:
        """Return what the verb takes; a token ends with its last day."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "scopes": data["scopes"],
            "production_only": data["production_only"],
            "lifetime": _end_of(data["ends"]) - timezone.now(),
        }


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
