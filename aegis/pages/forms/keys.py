"""The forms of signing keys."""

from typing import Any

from django import forms

from aegis.accounts.models import Team
from aegis.pages.forms.present import PresentForm
from aegis.pages.forms.refusable import RefusableForm
from registry.compromises import LONGEST_REASON
from registry.models import RegisteredModel, SigningKey
from registry.pasted_keys import Pasted, may_be_shown
from registry.signing_key_fields import EVERY_TIER


class KeyChangeForm(RefusableForm):
    """What a key says of itself, and whom it signs for."""

    description = forms.CharField(
        required=False,
        max_length=2_000,
        help_text="What it is for, and who answers for it.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen means that it signs for every team.",
    )
    risk_tiers = forms.TypedMultipleChoiceField(
        choices=RegisteredModel.RiskTier.choices,
        coerce=int,
        initial=EVERY_TIER,
        widget=forms.CheckboxSelectMultiple,
    )


class PublicKeyInput(forms.Textarea):
    """Where a public key is pasted; what may be a secret is not sent back to the browser."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"})

    def format_value(self, value: Any) -> str | None:
        """Leave out what does not look like a public key."""
        if isinstance(value, str) and not may_be_shown(value):
            return ""
        shown: str | None = super().format_value(value)
        return shown


class PublicKeyForm(RefusableForm):
    """A public key of a key to verify only."""

    field_of = {
        "signing_key_listed": "public_key",
        "signing_key_shown": "public_key",
        "signing_key_version_order": "version",
    }

    version = forms.CharField(
        max_length=9,
        initial="1",
        help_text="The number of the newest version where the key lies.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    public_key = forms.CharField(
        label="Public key",
        help_text="One PEM of the type ecdsa-p256. Never the private key.",
        widget=PublicKeyInput,
    )

    @property
    def pasted(self) -> Pasted:
        """Return what the verb takes."""
        return Pasted(self.cleaned_data["version"], self.cleaned_data["public_key"])


class NewKeyForm(PublicKeyForm, KeyChangeForm):
    """A key to be listed, with its public key if it is to verify only."""

    field_of = {**PublicKeyForm.field_of, "signing_key_taken": "name"}

    name = forms.CharField(
        max_length=120,
        help_text="As people choose it, and as --sign-key names it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    provider = forms.ChoiceField(
        label="Where it lies",
        choices=SigningKey.Provider.choices,
        initial=SigningKey.Provider.VAULT,
        widget=forms.RadioSelect,
    )
    transit_name = forms.CharField(
        label="Name in Vault Transit",
        required=False,
        max_length=120,
        help_text="If it is another one there. The key must exist already, of type ecdsa-p256.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    field_order = (
        *("name", "provider", "transit_name", "version", "public_key"),
        *("description", "teams", "risk_tiers"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("version", "public_key"):
            self.fields[name].required = False

    @property
    def said(self) -> dict[str, Any]:
        """Return what the verb takes."""
        data = self.cleaned_data
        said = {name: data[name] for name in data if name not in {"version", "public_key"}}
        return {**said, "public_keys": [self.pasted] if data["public_key"] else []}


class CompromiseForm(PresentForm):
    """Which public keys are in wrong hands, and why."""

    version = forms.ChoiceField(label="Which public keys", required=False)
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        help_text="Everybody who is signed in reads it. It is not in the published list.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, key: SigningKey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ones = [one for one in key.versions.all() if not one.is_compromised]
        named = [(one.version, f"Version {one.version} alone") for one in open_ones]
        field = self.fields["version"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Every version of the key"), *named]

    @property
    def said(self) -> dict[str, Any]:
        """Return what the verb takes."""
        version = self.cleaned_data["version"] or None
        return {"reason": self.cleaned_data["reason"], "version": version, **self.proof}
