"""The form for a model card: a text for each section."""

from collections.abc import Mapping
from typing import Any

from django import forms

from aegis.pages.forms.refusable import RefusableForm
from registry.cards import BY_KEY, SECTION_LENGTH, SECTIONS

ROWS = 4


class CardForm(RefusableForm):
    """The sections, and the revision that the author had before them."""

    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section in SECTIONS:
            self.fields[section.key] = forms.CharField(
                label=section.title,
                required=False,
                max_length=SECTION_LENGTH,
                strip=False,
                help_text=section.help,
                widget=forms.Textarea(attrs={"rows": ROWS}),
            )

    @property
    def sections(self) -> Mapping[str, str]:
        """Return the texts as they stand in the form now, valid or not."""
        if not self.is_bound:
            return {key: self.initial.get(key, "") for key in BY_KEY}
        return {key: self.data.get(key, "") for key in BY_KEY}

    @property
    def said(self) -> dict[str, Any]:
        """Return what the verbs take."""
        data = dict(self.cleaned_data)
        return {"based_on": data.pop("based_on"), "sections": data}

    def rest_on(self, number: int) -> None:
        """Let the text, as it stands, follow revision ``number`` when it is published next."""
        if self.is_bound:
            self.data = {**self.sections, "based_on": str(number)}
        else:
            self.initial = {**self.initial, "based_on": number}
