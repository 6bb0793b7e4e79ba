"""Facts as people read them. Pure."""

import re
from typing import Any, Final

_COMMIT: Final = re.compile(r"\b[0-9a-f]{40,}$")
_SHOWN: Final = 12


def fact_text(value: Any) -> str:
    """Return a fact in one line: a data set by name and version, numbers with thousands apart."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return _dataset(value) if "name" in value else f"{len(value)} entries"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def fact_glance(value: Any) -> str:
    """Return a fact as narrow tables show it: of a long commit the first digits."""
    return commit_glance(fact_text(value))


def commit_glance(text: str) -> str:
    """Return a text whose last word is a long commit with the first digits of it."""
    return _COMMIT.sub(lambda commit: f"{commit[0][:_SHOWN]}…", text)


def entry_text(value: Any) -> str:
    """Return a parameter as its JSON reads, without quotes around words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


def _dataset(value: dict[str, Any]) -> str:
    version = value.get("version") or value.get("digest", "")[:19]
    name = f"{value['name']}@{version}" if version else str(value["name"])
    return f"{name}, {value['rows']:,} rows" if "rows" in value else name
