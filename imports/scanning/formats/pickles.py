"""Pickles of Python, with joblib's arrays and PyTorch's storages in them."""

from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.limits import Limits
from imports.scanning.pickles.examining import examine_pickle, looks_like_a_pickle
from imports.scanning.sources import Source

_FIRST_BYTES: Final = frozenset(bytes((0x80, number)) for number in range(6))
# A number of the memo costs nothing here, whatever it would cost a reader.
_LIMITS_OF_A_LOOK: Final = Limits(opcodes=100_000, memo=1 << 62, seconds=10.0)


def _recognises(source: Source) -> bool:
    if source.head[:2] in _FIRST_BYTES:
        return True
    return looks_like_a_pickle(source, Scan(_not_asked, source.size, _LIMITS_OF_A_LOOK))


def _not_asked(_source: Source, _scan: Scan) -> Examination:
    return Examination()


FORMAT: Final = Format(
    name="pickle",
    extensions=frozenset({".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth", ".sav"}),
    recognises=_recognises,
    examine=examine_pickle,
)
