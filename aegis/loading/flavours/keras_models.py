"""Keras models, on whichever backend is installed."""

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.flavours.choosing import head, members, the_file
from aegis.loading.protocol import Arrays, Found, Loaded

if TYPE_CHECKING:
    import numpy as np

_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_BACKENDS: Final = ("jax", "torch", "tensorflow")
CHOSEN: Final = "KERAS_BACKEND"


class Keras:
    """Archives that end with ``.keras``, and HDF5 with a whole model in it."""

    name = "keras"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the model."""
        found = the_file(folder, path, _is_model)
        if found is None:
            return None
        backends = [name for name in _BACKENDS if importlib.util.find_spec(name) is not None]
        # Where none is there, the one that is smallest is asked for.
        backend = [] if backends or os.environ.get(CHOSEN) else ["jax"]
        return Found(self.name, "A Keras model", found, ("numpy", "h5py", "keras", *backend))

    def load(self, folder: Path, path: str) -> Loaded:
        """Load it in Keras's safe mode, which refuses code among the layers."""
        available = [name for name in _BACKENDS if importlib.util.find_spec(name) is not None]
        os.environ.setdefault(CHOSEN, available[0] if available else "numpy")
        import keras

        model = keras.saving.load_model(folder / path, compile=False, safe_mode=True)

        def predict(inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
            from aegis.loading.shaping import outputs

            found: dict[str, np.ndarray[Any, Any]] = {}
            names = list(getattr(model, "output_names", None) or ["output"])
            answer = model.predict(_asked(model, inputs), verbose=0)
            answers = answer if isinstance(answer, list | tuple) else [answer]
            if isinstance(answer, dict):
                return outputs(answer, "output")
            for name, one in zip(names, answers, strict=True):
                found.update(outputs(one, name))
            return found

        return Loaded(f"keras.{type(model).__name__}", predict)


def _asked(model: Any, inputs: Arrays) -> Any:
    """Return what the model's inputs take: by name where it has several, else all as one."""
    from aegis.loading.shaping import Unfit, rows

    names = [each.name for each in model.inputs]
    if len(names) == 1:
        return inputs[names[0]] if names[0] in inputs else rows(inputs)
    if lacking := [name for name in names if name not in inputs]:
        raise Unfit(f"The input has no {', '.join(lacking)}.")
    return [inputs[name] for name in names]


def _is_model(place: Path) -> bool:
    start = head(place, len(_HDF5))
    if place.suffix.lower() == ".keras":
        return start[:4] == b"PK\x03\x04" and "config.json" in members(place)
    # Weights alone are no model.
    is_named = place.suffix.lower() in {".h5", ".hdf5"} and not place.name.endswith(".weights.h5")
    return is_named and start == _HDF5
