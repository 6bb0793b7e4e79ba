"""Pickles, as joblib and Python write them: scikit-learn's models as a rule.

A pickle is a program. It is run by the process behind the walls and nowhere else.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aegis.loading.flavours.choosing import head, the_file
from aegis.loading.flavours.estimators import loaded
from aegis.loading.protocol import Found, Loaded

_SUFFIXES: Final = frozenset({".joblib", ".pkl", ".pickle", ".p"})
_COMPRESSED: Final = (b"\x1f\x8b", b"\x78", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18")
_NEWEST_PROTOCOL: Final = 5
# Modules that a pickle names in its beginning, and what has to be there for it.
_NAMED: Final[Mapping[bytes, str]] = {
    b"sklearn.": "sklearn",
    b"xgboost.": "xgboost",
    b"lightgbm.": "lightgbm",
    b"torch.": "torch",
}
_LOOKED_AT: Final = 256 * 1024


class Pickled:
    """Files that end as pickles do and begin with a pickle, perhaps a compressed one."""

    name = "pickle"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the pickle, and which libraries it names."""
        found = the_file(folder, path, _is_pickle)
        if found is None:
            return None
        start = head(folder / found, _LOOKED_AT)
        named = tuple(module for word, module in _NAMED.items() if word in start)
        title = "A scikit-learn model in a pickle" if "sklearn" in named else "A pickle"
        return Found(self.name, title, found, ("numpy", "joblib", *named))

    def load(self, folder: Path, path: str) -> Loaded:
        """Unpickle it."""
        import joblib

        return loaded(joblib.load(folder / path))


def _is_pickle(place: Path) -> bool:
    suffixes = [suffix.lower() for suffix in place.suffixes[-2:]]
    if not _SUFFIXES.intersection(suffixes):
        return False
    start = head(place, 8)
    is_plain = start[:1] == b"\x80" and len(start) > 1 and start[1] <= _NEWEST_PROTOCOL
    return is_plain or start.startswith(_COMPRESSED)
