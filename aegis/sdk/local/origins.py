"""What an origin is for a client: looked up in the source's own words, then fetched from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aegis.sdk.progress import Watcher


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch: path, and as far as they are said size in bytes and sha256."""

    path: str
    size: int | None
    sha256: str


class LocalOrigin(Protocol):
    """Something that a model is fetched from by whoever has it brought in.

    One that ``keeps_notes`` is told what became of it.
    """

    source: str
    keeps_notes: bool
    reference: Mapping[str, Any]

    def look_up(self) -> Mapping[str, Any]:
        """Return the source's answers, which the registry makes its plan of.

        Raises the refusals of ``aegis.problems``.
        """

    def pinned(self) -> str:
        """Return what was looked up and cannot move any more; equal for equal files."""

    def fetch(self, files: Sequence[Wanted], folder: Path, watcher: Watcher) -> None:
        """Bring the files into ``folder`` under their paths, what is there already kept.

        Raises ``Conflict`` for bytes that are not those that the source announced.
        """

    def annotate(self, tags: Mapping[str, str]) -> None:
        """Write down at the origin what became of it, where it keeps such notes."""
