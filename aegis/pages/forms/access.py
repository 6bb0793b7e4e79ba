"""What people fill in to give a role on a registered model, or to take it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import Group
from django.db.models import Q

from aegis.accounts.models import Team, User
from aegis.pages.forms.refusable import RefusableForm
from registry.permissions import Role

ROLES = (
    (Role.VIEWER, "See its pages, cards, metrics and files"),
    (Role.CONTRIBUTOR, "Add versions, write cards, ask for promotion"),
    (Role.REVIEWER, "Decide about its promotions"),
    (Role.MAINTAINER, "Share it, archive, roll back, and all that contributors may"),
)


class PrincipalField(forms.CharField):
    """A person or service by user name, or a team by its short or full name."""

    def clean(self, value: Any) -> User | Group:
        """Return the account, or the group of the team."""
        said = super().clean(value).strip().removeprefix("@")
        team = Team.objects.filter(Q(slug__iexact=said) | Q(name__iexact=said)).first()
        user = User.objects.filter(is_active=True, username__iexact=said).first()
        found = user or (team.group if team else None)
        if found is None:
            raise forms.ValidationError(
                f"There is no active account and no team named {said[:80]!r}.", code="unknown"
            )
        return found


class ShareForm(RefusableForm):
    """A role for a person, a service or a team."""

    field_of: ClassVar[Mapping[str, str]] = {
        "user": "who",
        "own_role": "who",
        "account_inactive": "who",
    }

    who = PrincipalField(
        label="With",
        widget=forms.TextInput(attrs={"list": "principals", "autocomplete": "off"}),
        help_text="A user name, or a team.",
        error_messages={"required": "Name a person, a service or a team."},
    )
    role = forms.ChoiceField(
        label="May", choices=ROLES, initial=Role.VIEWER, widget=forms.RadioSelect
    )

    @property
    def given(self) -> Mapping[str, Any]:
        """Return what the verb takes."""
        who = self.cleaned_data["who"]
        kind = "user" if isinstance(who, User) else "group"
        return {"role": self.cleaned_data["role"], kind: who}


class UnshareForm(RefusableForm):
    """A role, taken from the account or group that holds it."""

    role = forms.ChoiceField(choices=ROLES)
    user = forms.ModelChoiceField(User.objects.all(), required=False)
    group = forms.ModelChoiceField(Group.objects.all(), required=False)

    @property
    def taken(self) -> Mapping[str, Any]:
        """Return what the verb takes."""
        return dict(self.cleaned_data)
