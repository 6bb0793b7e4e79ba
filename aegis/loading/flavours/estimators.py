"""Objects with the interface of scikit-learn's estimators, wherever they were loaded from."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.protocol import UNNAMED, Arrays, Loaded

if TYPE_CHECKING:
    import numpy as np

_FIRST: Final = ("predict", "transform")
_FURTHER: Final = ("predict_proba", "decision_function")


def loaded(thing: Any) -> Loaded:
    """Return an object that was loaded; it predicts if it has one of the methods for that."""
    kind = f"{type(thing).__module__}.{type(thing).__qualname__}"
    methods = _methods(thing)
    return Loaded(kind, _predictor(thing, methods) if methods else None)


def _methods(thing: Any) -> list[str]:
    """Return the methods to be called: what it predicts, and how sure it is of that."""
    first = next((name for name in _FIRST if callable(getattr(thing, name, None))), None)
    if first is None or isinstance(thing, type):
        return []
    further = next((name for name in _FURTHER if callable(getattr(thing, name, None))), None)
    return [first, further] if further and first == "predict" else [first]


def _predictor(thing: Any, methods: list[str]) -> Callable[[Arrays], Arrays]:
    def predict(inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
        from aegis.loading.shaping import outputs

        asked = _asked(thing, inputs)
        found: dict[str, np.ndarray[Any, Any]] = {}
        for name in methods:
            found.update(outputs(getattr(thing, name)(asked), name))
        return found

    return predict


def _asked(thing: Any, inputs: Arrays) -> Any:
    """Return inputs as this object wants them: rows, or for what reads texts a list of them."""
    from aegis.loading.shaping import is_table, rows

    names = getattr(thing, "feature_names_in_", None)
    if is_table(inputs) or len(inputs) > 1:
        if names is None and len(inputs) == 1 and not hasattr(thing, "n_features_in_"):
            return next(iter(inputs.values()))
        return rows(inputs, None if names is None else [str(name) for name in names])
    array = inputs[UNNAMED] if UNNAMED in inputs else next(iter(inputs.values()))
    reads_texts = array.dtype == object and not hasattr(thing, "n_features_in_")
    return array if reads_texts else rows({UNNAMED: array})
