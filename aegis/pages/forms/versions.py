"""The form for a new version: its files, its label, and the facts that are frozen with it."""

from collections.abc import Sequence
from typing import Any

from django import forms

from aegis.pages.forms.pairs import PairsField
from aegis.pages.forms.refusable import RefusableForm
from registry.facts import FACTS
from registry.models import SigningKey
from registry.versions import DESCRIPTION_LENGTH

LINE = 200


class ManyFiles(forms.ClearableFileInput):
    """File inputs of which several may stand under one name."""

    allow_multiple_selected = True


def _line(name: str, placeholder: str = "", **further: Any) -> forms.CharField:
    fact = FACTS[name]
    return forms.CharField(
        label=fact.title,
        required=False,
        max_length=LINE,
        widget=forms.TextInput(attrs={"placeholder": placeholder, "spellcheck": "false"}),
        **further,
    )


class VersionForm(RefusableForm):
    """A version to be added. ``upload`` is what the script sent; ``files`` come without it."""

    field_of = {
        "label_taken": "label",
        "dataset.name": "dataset",
        "dataset.version": "dataset",
        "dataset.rows": "dataset_rows",
    }

    label = forms.CharField(
        required=False,
        max_length=128,
        help_text="Such as 1.4.0. A label is used once.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label="What is new?",
        required=False,
        max_length=DESCRIPTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    dataset = _line("dataset", "baskets@2026-01", help_text="A name, and a version after an @.")
    dataset_rows = forms.IntegerField(label="Rows in it", required=False, min_value=0)
    code_version = _line("code_version", "growth/basket@7e83ca2", help_text="The commit.")
    licence = _line(
        "licence", "Apache-2.0", help_text="As SPDX writes it; LicenseRef- for your own."
    )
    trained_by = _line("trained_by")
    framework = _line("framework", "scikit-learn")
    framework_version = _line("framework_version", "1.7.2")
    architecture = _line("architecture", "GradientBoostingClassifier")
    python = _line("python", "3.11.9")
    params = PairsField(
        label=FACTS["params"].title,
        required=False,
        help_text="One in a line, such as learning_rate = 0.05.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    environment = PairsField(
        label=FACTS["environment"].title,
        required=False,
        help_text="One in a line, such as numpy = 2.4.1.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    sign_key = forms.ChoiceField(
        label="Signing key", required=False, help_text="Which key of the list signs it."
    )
    upload = forms.UUIDField(required=False, widget=forms.HiddenInput)
    new_version = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def offer_keys(self, keys: Sequence[SigningKey]) -> None:
        """Let the person choose among the keys that may sign, the default first.

        Where there is nothing to choose the field goes, and the verb finds the key.
        """
        field = self.fields["sign_key"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key.name, str(key)) for key in keys]
        if len(keys) < 2:  # noqa: PLR2004 -- One is no choice.
            del self.fields["sign_key"]

    @property
    def said(self) -> dict[str, Any]:
        """Return what the verb takes: label, description, facts and the key."""
        data = self.cleaned_data
        facts = {name: data[name] for name in FACTS if data.get(name)}
        facts.pop("dataset", None)
        return {
            "label": data["label"],
            "description": data["description"],
            "facts": facts | self._dataset(),
            "sign_key": data.get("sign_key") or None,
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a number of rows of nothing."""
        data = super().clean() or self.cleaned_data
        if data.get("dataset_rows") is not None and not data.get("dataset"):
            self.add_error("dataset", "Name the data that has these rows.")
        return data

    def _dataset(self) -> dict[str, Any]:
        name, _, version = self.cleaned_data["dataset"].partition("@")
        if not name:
            return {}
        rows = self.cleaned_data["dataset_rows"]
        dataset = {"name": name} | ({"version": version} if version else {})
        return {"dataset": dataset | ({"rows": rows} if rows is not None else {})}
