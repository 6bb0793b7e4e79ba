"""XGBoost's boosters, in JSON and UBJSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.flavours.choosing import head, the_file
from aegis.loading.protocol import Arrays, Found, Loaded

if TYPE_CHECKING:
    import numpy as np

_SUFFIXES: Final = frozenset({".json", ".ubj", ".xgb", ".bst", ".model"})
_LOOKED_AT: Final = 4096
# The first and one of the last parts of a booster.
_PARTS: Final = (b"learner", b"learner_model_param")


class XGBoost:
    """Files of boosters, which begin with their learner."""

    name = "xgboost"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the booster."""
        found = the_file(folder, path, _is_booster)
        needs = ("numpy", "xgboost")
        return Found(self.name, "An XGBoost booster", found, needs) if found else None

    def load(self, folder: Path, path: str) -> Loaded:
        """Load the booster."""
        import xgboost

        booster = xgboost.Booster({"nthread": 1}, model_file=str(folder / path))

        def predict(inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
            from aegis.loading.shaping import outputs, rows

            asked = rows(inputs, booster.feature_names)
            names = {} if hasattr(asked, "columns") else {"feature_names": booster.feature_names}
            matrix = xgboost.DMatrix(asked, nthread=1, **names)
            return outputs(booster.predict(matrix), "predict")

        return Loaded("xgboost.core.Booster", predict)


def _is_booster(place: Path) -> bool:
    if place.suffix.lower() not in _SUFFIXES:
        return False
    start = head(place, _LOOKED_AT)
    parts = start + _end(place)
    return start[:1] == b"{" and all(word in parts for word in _PARTS)


def _end(place: Path) -> bytes:
    """Return the end of a file."""
    with place.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(size - _LOOKED_AT, 0))
        return stream.read(_LOOKED_AT)
