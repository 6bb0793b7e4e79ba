"""The card that a converted version begins with: its parent's, each section marked."""

from collections.abc import Mapping

from registry.cards import DERIVED
from registry.models import CardRevision, ModelVersion


def derived_sections(version: ModelVersion) -> dict[str, str]:
    """Return what the parent's published card says, marked; nothing where it has none."""
    parent = ModelVersion.objects.filter(derivations__version=version).first()
    return taken_over(parent) if parent is not None else {}


def taken_over(parent: ModelVersion) -> dict[str, str]:
    """Return the sections of the published card of ``parent``, marked."""
    found = CardRevision.objects.filter(version=parent, redaction=None).order_by("-number").first()
    sections: Mapping[str, str] = found.sections if found else {}
    line = (
        f"*{DERIVED}: version {parent.number}, from which this one was converted, says the "
        "following. Confirm it by taking this line away.*"
    )
    return {key: f"{line}\n\n{text}" for key, text in sections.items() if text.strip()}
