"""The rules for the names of an archive's members, which tools use as paths when they unpack."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from imports.scanning.findings import Finding

_ROOT: Final = re.compile(r"[/\\]|[A-Za-z]:")


class Names:
    """The names of one archive's members so far."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def faults(self, name: str, place: str) -> Iterator[Finding]:
        """Yield what is wrong with one more name: it leaves the folder, or comes twice."""
        parts = re.split(r"[/\\]", name)
        if _ROOT.match(name) or ".." in parts or "\0" in name:
            sentence = f"The member {name} would be unpacked outside of its folder."
            yield Finding.of("member_escapes", sentence, place, is_dangerous=True)
        key = unicodedata.normalize("NFKC", name).casefold().rstrip("/")
        if key in self._seen:
            sentence = f"Two members are called {name}, of which tools take one or the other."
            yield Finding.of("member_twice", sentence, place)
        self._seen.add(key)
