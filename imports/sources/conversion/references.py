"""References to versions that are to be converted; ``imports.converting.asking`` makes them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from aegis.problems import Invalid
from imports.converting import rooms

_KEYS: Final = frozenset(
    {"version", "number", "to", "converter", "room", "has_input", "new_version"}
)


def check_reference(reference: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reference as it is, or raise ``Invalid`` for one that was made elsewhere."""
    if reference.keys() != _KEYS:
        raise Invalid(
            "reference_invalid",
            "A conversion is asked for at its version.",
            field="reference",
        )
    return dict(reference)


def forget(reference: Mapping[str, Any]) -> None:
    """Throw away what was made, and the input that was given."""
    rooms.forget(UUID(reference["room"]))
