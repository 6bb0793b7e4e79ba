"""What a scan says about a file, from harmless to unreadable."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What may happen when somebody loads the file."""

    DATA = "data"
    """The format holds data only: loading it runs nothing."""
    KNOWN = "known"
    """It holds code-like parts, all of which are on the list: a pickle of known globals."""
    UNSAFE = "unsafe"
    """It holds something else that runs or may run when it is loaded."""
    INCONCLUSIVE = "inconclusive"
    """It could not be read to its end by the rules, so nothing is claimed, and it blocks."""

    @property
    def blocks(self) -> bool:
        """Say whether a file with this verdict keeps its version from being given out."""
        return self in _BLOCKING


_BLOCKING: Final = frozenset({Verdict.UNSAFE, Verdict.INCONCLUSIVE})
# What is known to be unsafe outweighs what is not known: more reading cannot make it better.
_ORDER: Final = (Verdict.DATA, Verdict.KNOWN, Verdict.INCONCLUSIVE, Verdict.UNSAFE)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that holds for all of them together; of none it is ``DATA``."""
    return max(verdicts, key=_ORDER.index, default=Verdict.DATA)
