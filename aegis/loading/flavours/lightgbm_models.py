"""LightGBM's boosters, in its text format."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.flavours.choosing import head, the_file
from aegis.loading.protocol import Arrays, Found, Loaded

if TYPE_CHECKING:
    import numpy as np

_BEGINNING: Final = b"tree\nversion="


class LightGBM:
    """Files that begin as LightGBM writes them."""

    name = "lightgbm"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the booster."""
        found = the_file(folder, path, _is_booster)
        needs = ("numpy", "lightgbm")
        return Found(self.name, "A LightGBM booster", found, needs) if found else None

    def load(self, folder: Path, path: str) -> Loaded:
        """Load the booster."""
        import lightgbm

        booster = lightgbm.Booster(params={"num_threads": 1}, model_file=str(folder / path))

        def predict(inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
            from aegis.loading.shaping import is_table, outputs, rows

            names = booster.feature_name()
            known = names if is_table(inputs) and set(names) <= inputs.keys() else None
            answer = booster.predict(rows(inputs, known), num_threads=1)
            return outputs(answer, "predict")

        return Loaded("lightgbm.basic.Booster", predict)


def _is_booster(place: Path) -> bool:
    return head(place, len(_BEGINNING) + 1).replace(b"\r", b"").startswith(_BEGINNING)
