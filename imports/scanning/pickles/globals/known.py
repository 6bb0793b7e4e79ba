"""The globals that a pickle may name, and the most it may do with each.

One question decides: can loading the file, or using the object afterwards, run something that the
file's author chose, whatever the arguments and states are? So a name is on the list only if

- a call of it with any arguments of known kinds runs nothing that they bring (``CALLED``), or
- its instances may be made without ``__init__`` and given any state: ``__setstate__`` interprets
  no text as code, opens no file and starts nothing (``MADE``), or
- it is only ever a value (``REFERRED``).

Not on the list, though often met: ``builtins.getattr`` and ``functools.partial`` (they reach and
call anything), ``scipy.stats`` distributions (their ``__setstate__`` runs ``exec`` over a text of
the state), joblib's ``NDArrayWrapper`` (it opens other files), and every class of one's own.
"""

from typing import Final

from imports.scanning.pickles.globals import boosting, numeric, pandas, python, sklearn, torch
from imports.scanning.pickles.globals.tables import Table
from imports.scanning.pickles.values import Use

_TABLES: Final[tuple[tuple[Table, Use], ...]] = (
    (python.CALLED, Use.CALLED),
    (numeric.CALLED, Use.CALLED),
    (numeric.MADE, Use.MADE),
    (numeric.REFERRED, Use.REFERRED),
    (sklearn.CALLED, Use.CALLED),
    (sklearn.MADE, Use.MADE),
    (boosting.MADE, Use.MADE),
    (pandas.CALLED, Use.CALLED),
    (torch.CALLED, Use.CALLED),
    (torch.MADE, Use.MADE),
    (torch.REFERRED, Use.REFERRED),
)
_KNOWN: Final[dict[tuple[str, str], Use]] = {
    (module, name): use
    for table, use in _TABLES
    for module, names in table.items()
    for name in names
}


def known_use(module: str, name: str) -> Use | None:
    """Return the most that may be done with a global, or None for one that is not on the list."""
    exact = _KNOWN.get((module, name))
    if exact is None and sklearn.is_estimator(module, name):
        return Use.MADE
    return exact
