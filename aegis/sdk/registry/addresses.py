"""Where the API has a model's versions, and each of them."""

from urllib.parse import quote

from aegis.problems import Invalid


def versions_of(model_name: str) -> str:
    """Return the address of a model's versions."""
    return f"models/{_name(model_name)}/versions/"


def version_at(model_name: str, ref: str | int, part: str = "") -> str:
    """Return the address of a version, or of a ``part`` of it."""
    return f"{versions_of(model_name)}{_name(str(ref))}/" + (f"{part}/" if part else "")


def _name(name: str) -> str:
    if not name or name in {".", ".."}:
        raise Invalid("name_empty", "A model or version needs its name.", field="name")
    return quote(name, safe="")
