"""What somebody looks for in the audit log."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from aegis.audit.actions import all_actions

LARGEST = 2**63 - 1


class AuditForm(forms.Form):
    """Filters; an empty one lets everything through."""

    actor = forms.CharField(
        required=False, max_length=150, widget=forms.TextInput(attrs={"placeholder": "Anyone"})
    )
    action = forms.ChoiceField(required=False)
    model = forms.CharField(
        required=False, max_length=128, widget=forms.TextInput(attrs={"placeholder": "Any model"})
    )
    since = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    until = forms.DateField(
        required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    before = forms.IntegerField(required=False, min_value=0, max_value=LARGEST)
    after = forms.IntegerField(required=False, min_value=0, max_value=LARGEST)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {}
        for action in all_actions():
            subject = action.partition(":")[0]
            groups.setdefault(subject.capitalize(), []).append((action, action))
            if len(groups[subject.capitalize()]) == 1:
                groups[subject.capitalize()].insert(0, (subject, f"{subject}: any"))
        self.fields["action"].choices = [("", "Any action"), *groups.items()]  # type: ignore[attr-defined]  # A choice.

    @property
    def wanted(self) -> Mapping[str, Any]:
        """Return the filters as the log is asked; a day lasts until its end."""
        data = self.cleaned_data
        # Nothing comes after the last day that can be written.
        is_bound = data["until"] not in {None, date.max}
        until = data["until"] + timedelta(days=1) if is_bound else None
        return {
            "actor": data["actor"].strip(),
            "action": data["action"],
            "model": data["model"].strip(),
            "since": _start(data["since"]),
            "until": _start(until),
            "before": data["before"],
            "after": data["after"],
        }


def _start(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None
