"""How far long work has come, told to whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One report: ``done`` of ``total`` bytes (None where nobody knows) of a ``step``.

    Steps are ``hashing``, ``uploading``, ``importing``, ``downloading``, ``unpacking``,
    ``verifying``, and ``promoting``, which has no bytes; ``what`` names the file, or says what the
    server does or waits for.
    """

    step: str
    done: int
    total: int | None
    what: str = ""


Watcher = Callable[[Progress], None]


def unwatched(_: Progress) -> None:
    """Let nobody know."""
