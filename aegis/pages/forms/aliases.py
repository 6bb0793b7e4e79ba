"""The form for aliases that are set freely."""

from django import forms

from aegis.accounts.models import User
from aegis.pages.forms.refusable import RefusableForm
from aegis.problems import NotFound
from registry.aliases import set_alias
from registry.lookup import get_version
from registry.models import Alias, RegisteredModel


class AliasForm(RefusableForm):
    """An alias and the number of the version that it names from now on."""

    field_of = {"alias": "name", "alias_taken": "name", "alias_is_governed": "name"}
    name = forms.CharField(
        label="Alias",
        max_length=128,
        help_text="Begins with dev- or exp-.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    version = forms.IntegerField(
        min_value=1, label="Version", help_text="Its number.", widget=forms.NumberInput
    )

    def point(self, model: RegisteredModel, *, actor: User) -> Alias | None:
        """Set the alias, or keep the refusal at its field."""
        try:
            version = get_version(model, self.cleaned_data["version"])
        except NotFound as refusal:
            self.add_error("version", refusal.sentence)
            return None
        return self.act(set_alias, model, self.cleaned_data["name"], actor=actor, version=version)
