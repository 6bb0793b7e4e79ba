"""The form for a new import from a source."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from aegis.pages.forms.conversions import ConversionChoice, ConvertField, conversion_choices
from aegis.pages.forms.refusable import RefusableForm
from aegis.pages.import_offers import TITLES, Offers
from aegis.problems import Refusal
from imports.asking import Wish
from imports.converting.wishes import wish_of
from imports.models import Import
from registry.models import ModelVersion

_LINE: Final = 2_000
_QUIET: Final = {"autocomplete": "off", "spellcheck": "false"}
_LISTS: Final = ("include", "exclude")


def _line(label: str, placeholder: str = "", **further: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": placeholder, **_QUIET})
    return forms.CharField(label=label, required=False, max_length=_LINE, widget=widget, **further)


class ImportForm(RefusableForm):
    """What to import, from where, and what it is to be registered as."""

    field_of = {
        "converter_not_installed": "convert",
        "import_right_missing": "source",
        "label_taken": "label",
        "name": "model",
        "permission_missing": "model",
        "uri": "run_id",
        "signing_key_compromised": "sign_key",
        "signing_key_development": "sign_key",
        "signing_key_not_for_team": "sign_key",
        "signing_key_not_for_tier": "sign_key",
        "signing_key_retired": "sign_key",
    }

    source = forms.ChoiceField(label="From", widget=forms.RadioSelect)
    repo = _line("Repository", "owner/name")
    revision = _line(
        "Revision", "main", help_text="Branch, tag or commit. Aegis records the commit."
    )
    server = forms.ChoiceField(label="Tracking server", required=False)
    run_id = _line(
        "Run ID or address",
        help_text="Or what MLflow calls it: runs:/…, models:/name/3, models:/name@alias.",
    )
    artifact_path = _line(
        "Artifact path", "model", help_text="Of a run: its metrics and parameters come along."
    )
    address = _line("Object or folder", "s3://bucket/folder/")
    bucket = forms.ChoiceField(
        required=False, help_text="Where several have that address; else it is found by it."
    )
    model = forms.CharField(max_length=128, widget=forms.TextInput(attrs=_QUIET))
    label = _line("Label", "2.1.0")
    team = forms.ChoiceField(
        required=False, help_text="Whose model it becomes, if its name is new."
    )
    include = _line(
        "Include",
        "*.safetensors *.json",
        help_text="Patterns with a space between. Empty leaves it to the rules for models.",
    )
    exclude = _line("Leave out", "*.bin *.h5", help_text="Their digests are recorded.")
    convert = ConvertField()
    sign_key = forms.ChoiceField(label="Sign with", required=False)
    new_version = forms.BooleanField(
        label="Another version, even of files that are registered already", required=False
    )
    keep_temp = forms.BooleanField(
        label="Keep what arrived for an hour if it fails", required=False
    )

    def __init__(self, *args: Any, offers: Offers, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("source", [(source.value, TITLES[source]) for source in offers.sources])
        self._offer("server", [(name, name) for name in offers.servers])
        buckets = [(one.name, f"{one.name}: {one.address}") for one in offers.buckets]
        self._offer("bucket", [("", "Found by its address"), *buckets])
        self.fields["address"].help_text = "A folder ends with a slash. " + _within(offers)
        self._offer("team", [(team.slug, team.name) for team in offers.teams])
        keys = [(key.name, str(key)) for key in offers.keys]
        self._offer("sign_key", [("", "The model's own default"), *keys])
        if offers.sources:
            self.fields["source"].initial = offers.sources[0].value
        self._teams = {team.slug: team for team in offers.teams}

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def refuse_at(self, field: str | None, refusal: Refusal) -> None:
        """Keep ``refusal`` at its field: each source has its own for an address."""
        is_of_bucket = self.cleaned_data.get("source") == ModelVersion.Source.S3
        super().refuse_at("address" if is_of_bucket and field == "run_id" else field, refusal)

    @property
    def is_detailed(self) -> bool:
        """Say whether something stands in the part that folds."""
        folded = ("include", "exclude", "sign_key", "new_version", "keep_temp")
        return any(self[name].value() or self[name].errors for name in folded)

    @property
    def conversions(self) -> list[ConversionChoice]:
        """Return the formats that a version can be converted to."""
        return conversion_choices(self["convert"])

    @property
    def chosen(self) -> bool:
        """Say whether one of them is chosen."""
        return any(one.is_chosen for one in self.conversions)

    @property
    def asked(self) -> dict[str, Any]:
        """Return what the verb takes."""
        data = self.cleaned_data
        return {
            "source": data["source"],
            "reference": self._reference,
            "model_name": data["model"],
            "team": self._teams.get(data["team"]),
            "wish": Wish(
                label=data["label"],
                sign_key=data["sign_key"] or None,
                new_version=data["new_version"],
                keep_temp=data["keep_temp"],
                convert=data["convert"],
            ),
        }

    @property
    def _reference(self) -> dict[str, Any]:
        """Return what was typed for the source; what was left empty is the source's to say."""
        data = {name: value for name, value in self.cleaned_data.items() if value}
        if data["source"] == ModelVersion.Source.MLFLOW:
            named = "uri" if ":/" in data.get("run_id", "") else "run_id"
            found = {named: data.get("run_id"), **_some(data, "server", "artifact_path")}
            return {name: value for name, value in found.items() if value}
        lists: dict[str, Any] = {name: data[name].split() for name in _LISTS if name in data}
        if data["source"] == ModelVersion.Source.S3:
            return {"uri": data.get("address", ""), **_some(data, "bucket"), **lists}
        return _some(data, "repo", "revision") | lists


def typed_for(job: Import) -> dict[str, Any]:
    """Return what would be typed into the form to ask for ``job`` once more."""
    reference = job.reference
    lists = {name: " ".join(reference.get(name, ())) for name in _LISTS}
    asked = _some(job.asked, "sign_key", "keep_temp", "new_version")
    field = "address" if job.source == ModelVersion.Source.S3 else "run_id"
    named = {field: reference.get("run_id") or reference.get("uri", "")}
    team = {"team": job.team.slug} if job.team else {}
    wish = wish_of(job)
    return {
        **_some(reference, "repo", "revision", "server", "artifact_path", "bucket"),
        **lists,
        **asked,
        **named,
        **team,
        "source": job.source,
        "model": job.model_name,
        "convert": wish.to if wish else "",
    }


def _within(offers: Offers) -> str:
    addresses = ", ".join(bucket.address for bucket in offers.buckets)
    return f"Within {addresses}" if addresses else ""


def _some(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
