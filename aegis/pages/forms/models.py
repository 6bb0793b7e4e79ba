"""Forms for registering and editing a registered model."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from aegis.accounts.models import Team, User
from aegis.pages.forms.pairs import PairsField
from aegis.pages.forms.refusable import RefusableForm
from registry.models import RegisteredModel
from registry.registration import DESCRIPTION_LENGTH, LINE_LENGTH


class DescribedForm(RefusableForm):
    """What a registered model says about itself."""

    field_of = {"tag": "tags", "tag_duplicate": "tags"}

    description = forms.CharField(
        label="What does it decide?",
        required=False,
        max_length=DESCRIPTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For whom, and what follows from it. Shown in the catalog.",
    )
    task = forms.CharField(
        required=False,
        max_length=LINE_LENGTH,
        widget=forms.TextInput(attrs={"placeholder": "classification"}),
    )
    framework = forms.CharField(
        required=False,
        max_length=LINE_LENGTH,
        widget=forms.TextInput(attrs={"placeholder": "scikit-learn"}),
    )
    tags = PairsField(
        required=False,
        help_text="One in a line, such as domain = retention.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RegisterForm(DescribedForm):
    """A new registered model."""

    name = forms.CharField(
        max_length=128,
        help_text="Letters, digits, dots, hyphens, underscores. It stays taken for ever.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    team = forms.ModelChoiceField(Team.objects.none(), empty_label=None)
    visibility = forms.ChoiceField(
        label="Who sees it",
        choices=RegisteredModel.Visibility.choices,
        initial=RegisteredModel.Visibility.INTERNAL,
    )
    field_order = ("name", "team", "visibility", "description", "task", "framework", "tags")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = teams_of(user)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]  # A choice of models.
        self.has_team = teams.exists()

    def clean_name(self) -> str:
        """Leave the name as it was typed: whether it may stand is the verb's to say."""
        return str(self.cleaned_data["name"])


class EditForm(DescribedForm):
    """Changes of a registered model. Only maintainers change tier and visibility."""

    risk_tier = forms.TypedChoiceField(
        label="Risk",
        coerce=int,
        help_text="One person makes it stricter, never weaker.",
    )
    visibility = forms.ChoiceField(label="Who sees it")

    def __init__(
        self, data: QueryDict | None, *, model: RegisteredModel, may_maintain: bool
    ) -> None:
        initial = {name: getattr(model, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        tiers = [tier for tier in RegisteredModel.RiskTier if tier <= model.risk_tier]
        self._choose("risk_tier", [(tier.value, tier.label) for tier in tiers])
        self._choose("visibility", RegisteredModel.Visibility.choices)
        if not may_maintain:
            del self.fields["risk_tier"], self.fields["visibility"]

    def _choose(self, name: str, choices: Any) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # A choice.

    @property
    def changes(self) -> Mapping[str, Any]:
        """Return what the verb takes; it leaves alone what is as it was."""
        return self.cleaned_data


def teams_of(user: User) -> QuerySet[Team]:
    """Return the teams for which ``user`` registers models: their own, or for some people all."""
    teams = Team.objects.order_by("name")
    return teams if user.is_administrator else teams.filter(group__user=user)
