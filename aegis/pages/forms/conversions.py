"""Choosing what a version is converted to once it is imported."""

from dataclasses import dataclass
from typing import Any, Final

from django import forms

from aegis.pages.forms.refusable import RefusableForm
from imports.converting.targets import Target, targets
from imports.sources.protocol import Plan

_LONGEST: Final = 80


class ConvertField(forms.CharField):
    """A format, or the name of a converter; what there is none of is the verb's to refuse."""

    def __init__(self) -> None:
        super().__init__(label="Convert after import", required=False, max_length=_LONGEST)


@dataclass(frozen=True, slots=True)
class ConversionChoice:
    """A format to choose: what is sent for it, and whether that is chosen now."""

    target: Target
    value: str
    is_chosen: bool


class StartForm(RefusableForm):
    """What a person may still change of an import that was looked up.

    ``plan`` is what was found: only what could be made of it can be chosen.
    """

    field_of = {"converter_not_installed": "convert"}

    convert = ConvertField()

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plan = plan

    @property
    def conversions(self) -> list[ConversionChoice]:
        """Return the formats to choose among."""
        return conversion_choices(self["convert"], self._plan)

    @property
    def chosen(self) -> bool:
        """Say whether one of them is chosen."""
        return any(one.is_chosen for one in self.conversions)

    @property
    def lost(self) -> ConversionChoice | None:
        """Return what was wished for and cannot be, by what was found."""
        found = (one for one in self.conversions if one.value == self["convert"].value())
        return next((one for one in found if not one.is_chosen), None)


def conversion_choices(field: forms.BoundField, plan: Plan | None = None) -> list[ConversionChoice]:
    """Return the formats, the one that stands in ``field`` as chosen if it can be."""
    wanted = field.value() or ""
    choices = []
    for target in targets(plan):
        names = {way.converter.name for way in target.ways}
        value = wanted if wanted in names else target.to
        choices.append(ConversionChoice(target, value, value == wanted and target.is_open))
    return choices
