"""Folders that MLflow saved: ``MLmodel`` says what is in them, and where the input example is.

The model inside is loaded by the flavour of its file where that is one of ours; what takes code of
its own, and everything else, is loaded by MLflow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.flavours.choosing import files
from aegis.loading.protocol import UNNAMED, Arrays, Flavour, Found, Loaded, require

if TYPE_CHECKING:
    import numpy as np

DESCRIPTION: Final = "MLmodel"
_LONGEST: Final = 1024 * 1024
# The keys under which MLflow's flavours name their files.
_PLACES: Final = ("pickled_model", "data", "model_path", "saved_model_dir")
_EXAMPLES: Final = ("serving_input_path", "artifact_path")


class MLflow:
    """A folder with an ``MLmodel``, at the top or one below."""

    name = "mlflow"

    def __init__(self, others: Sequence[Flavour]) -> None:
        self._others = others

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Read ``MLmodel``, and recognise the file that it names."""
        described = [place for _, place in files(folder, path) if place.name == DESCRIPTION]
        if len(described) != 1:
            return None
        (place,) = described
        require(("yaml",), title="A folder of MLflow")
        document = _document(place)
        flavors = _mapping(document.get("flavors"))
        below = place.parent.relative_to(folder)
        words = (
            ", ".join(sorted(map(str, flavors.keys() - {"python_function"}))) or "python_function"
        )
        found = self._inside(folder, below, flavors)
        if found is None:
            needs = ("numpy", "pandas", "mlflow")
            found = Found(self.name, "", below.as_posix(), needs)
        title = f"A model of MLflow ({words})"
        return replace(found, title=title, example=_example(folder, below, document))

    def load(self, folder: Path, path: str) -> Loaded:
        """Load the model as MLflow's ``python_function``."""
        import mlflow.pyfunc

        model = mlflow.pyfunc.load_model(str(folder / path))

        def predict(inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
            from aegis.loading.shaping import outputs

            return outputs(model.predict(_asked(inputs)), "predict")

        loader = _mapping(model.metadata.flavors.get("python_function")).get("loader_module")
        return Loaded(f"mlflow.pyfunc.PyFuncModel ({loader})", predict)

    def _inside(self, folder: Path, below: Path, flavors: Mapping[str, Any]) -> Found | None:
        described = [_mapping(one) for one in flavors.values()]
        if any(one.get("code") for one in described):
            return None
        for one in described:
            for key in _PLACES:
                named = one.get(key)
                path = (below / named).as_posix() if isinstance(named, str) else ""
                if path and _is_inside(folder, path):
                    found = (each.recognise(folder, path) for each in self._others)
                    return next((each for each in found if each), None)
        return None


def _asked(inputs: Arrays) -> Any:
    """Return inputs as MLflow's models take them: a table, tensors, or a list of texts."""
    from aegis.loading.shaping import is_table

    if is_table(inputs):
        import pandas as pd

        return pd.DataFrame(dict(inputs))
    if set(inputs) != {UNNAMED}:
        return dict(inputs)
    array = inputs[UNNAMED]
    return array.tolist() if array.dtype == object else array


def _document(place: Path) -> Mapping[str, Any]:
    import yaml

    if place.stat().st_size > _LONGEST:
        return {}
    try:
        return _mapping(yaml.safe_load(place.read_text("utf-8")))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}


def _example(folder: Path, below: Path, document: Mapping[str, Any]) -> str | None:
    described = _mapping(document.get("saved_input_example_info"))
    for key in _EXAMPLES:
        named = described.get(key)
        path = (below / named).as_posix() if isinstance(named, str) else ""
        if path.endswith(".json") and _is_inside(folder, path):
            return path
    return None


def _is_inside(folder: Path, path: str) -> bool:
    """Say whether a path that a file names is a file of this folder."""
    place = folder / path
    return place.is_file() and place.resolve().is_relative_to(folder.resolve())


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
