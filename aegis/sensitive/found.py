"""What is found in a text, without ever repeating it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """That a text holds something of a ``kind`` in a ``line``, counted from 1."""

    line: int
    kind: str
