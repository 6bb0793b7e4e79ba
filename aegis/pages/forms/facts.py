"""Forms for a fact and a metric that are recorded after the version came in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from aegis import strict_json
from aegis.pages.forms.refusable import RefusableForm
from aegis.problems import Refusal
from registry.facts import FACTS
from registry.recording_facts import LINE_LENGTH
from registry.reports import DEFAULT_LEVEL, Interval

AS_JSON = frozenset({"dataset", "params", "environment"})
AS_NUMBER = frozenset({"parameter_count"})
VALUE_LENGTH = 100_000
LONGEST_NUMBER = 16
"""Digits beyond those of any fact; Python refuses to read thousands of them."""


class FactForm(RefusableForm):
    """A fact and its value; an object is written as JSON."""

    field_of = {
        **dict.fromkeys(FACTS, "value"),
        **{f"dataset.{part}": "value" for part in ("name", "version", "digest", "rows", "uri")},
    }

    name = forms.ChoiceField(
        label="Fact", choices=[(fact.name, fact.title) for fact in FACTS.values()]
    )
    value = forms.CharField(
        max_length=VALUE_LENGTH,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Read the value as its fact has it; whether it may stand is the verb's to say."""
        data = super().clean() or self.cleaned_data
        name, text = data.get("name"), data.get("value")
        if name and text:
            data["value"] = self._read(name, text)
        return data

    def _read(self, name: str, text: str) -> Any:
        if name in AS_NUMBER:
            is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
            return int(text) if is_number else text
        if name not in AS_JSON:
            return text
        if name == "dataset" and not text.startswith("{"):
            label, _, version = text.partition("@")
            return {"name": label} | ({"version": version} if version else {})
        try:
            return strict_json.loads(text.encode())
        except Refusal as refusal:
            raise ValidationError({"value": refusal.sentence}) from refusal


class MetricForm(RefusableForm):
    """A metric on somebody's word."""

    field_of = {"metric_name": "name", "interval": "low"}
    name = forms.CharField(
        label="Metric", max_length=80, widget=forms.TextInput(attrs={"list": "metric-names"})
    )
    value = forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}))
    dataset = forms.CharField(label="Measured on", required=False, max_length=LINE_LENGTH)
    slice = forms.CharField(
        label="Part of it", required=False, max_length=LINE_LENGTH, help_text="Empty for all of it."
    )
    sample_size = forms.IntegerField(label="Sample size", required=False, min_value=1)
    low = forms.FloatField(
        label="At least", required=False, widget=forms.NumberInput(attrs={"step": "any"})
    )
    high = forms.FloatField(
        label="At most", required=False, widget=forms.NumberInput(attrs={"step": "any"})
    )

    def clean(self) -> dict[str, Any]:
        """Ask for both ends of an interval."""
        data = super().clean() or self.cleaned_data
        if (data.get("low") is None) != (data.get("high") is None):
            self.add_error("high", "An interval has two ends.")
        return data

    @property
    def said(self) -> dict[str, Any]:
        """Return what the verb takes."""
        data = dict(self.cleaned_data)
        low, high = data.pop("low"), data.pop("high")
        interval = Interval(low, high, DEFAULT_LEVEL) if low is not None else None
        return data | {"interval": interval}
