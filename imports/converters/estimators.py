"""Estimators of scikit-learn: found among files, loaded, and asked what they take."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from aegis.converters.protocol import CannotConvert, Given, ModelFile, only

INSTALL: Final = "pip install 'aegis-registry[convert]'"
LIBRARY: Final = "sklearn."
# What the input of a model looks like stays true of what it is converted into.
_EXAMPLES: Final = frozenset({"input_example.json", "serving_input_example.json"})


def pickled(files: Iterable[ModelFile]) -> list[ModelFile]:
    """Return the pickles that make something of scikit-learn's."""
    return [
        file
        for file in files
        if file.format == "pickle" and any(name.startswith(LIBRARY) for name in file.globals)
    ]


def load(given: Given) -> Any:
    """Load the one estimator. Its pickle is run: call it behind walls only."""
    import warnings  # noqa: PLC0415 - the same.

    import joblib  # noqa: PLC0415 - only a conversion needs it.
    from sklearn.base import BaseEstimator  # noqa: PLC0415 - the same.
    from sklearn.exceptions import InconsistentVersionWarning  # noqa: PLC0415 - the same.

    file = only(pickled(given.files), "scikit-learn's")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            found = joblib.load(given.place(file))
        except InconsistentVersionWarning as warning:
            raise CannotConvert(
                f"{file.path} was made with scikit-learn {warning.original_sklearn_version}; "
                f"{warning.current_sklearn_version} is installed here and might read it otherwise."
            ) from warning
    if not isinstance(found, BaseEstimator):
        raise CannotConvert(f"{file.path} holds no estimator of scikit-learn.")
    return found


def bring_along(given: Given, to: Path) -> None:
    """Copy the input examples, so that what was converted can be tried out with them."""
    for file in given.files:
        if file.path.rpartition("/")[2] in _EXAMPLES:
            (to / file.path.rpartition("/")[2]).write_bytes(given.place(file).read_bytes())
