"""What is found in a text, without ever repeating it."""

from dataclasses import dataclass
from typing import Final

SECRET_FOUND: Final = "secret_found"  # noqa: S105 -- It is a code.
"""The code of a finding over which no text and no file comes in."""
PERSONAL_DATA: Final = "personal_data"
"""The code of a finding that warns."""


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """That a text holds something of a ``kind`` in a ``line``, counted from 1."""

    line: int
    kind: str
