"""The kinds of models that can be loaded, each in a module of its own.

The first that recognises something wins: folders before files, formats that hold no code before
those that may, what predicts before bare weights.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from aegis.loading.flavours.checkpoints import Checkpoint
from aegis.loading.flavours.keras_models import Keras
from aegis.loading.flavours.lightgbm_models import LightGBM
from aegis.loading.flavours.mlflow_folders import MLflow
from aegis.loading.flavours.onnx_graphs import Onnx
from aegis.loading.flavours.pickled import Pickled
from aegis.loading.flavours.safetensors_files import Safetensors
from aegis.loading.flavours.skops_files import Skops
from aegis.loading.flavours.state_dicts import StateDict
from aegis.loading.flavours.xgboost_models import XGBoost
from aegis.loading.protocol import EXAMPLES, Flavour, Found
from aegis.loading.refusals import Unrecognised

_OF_FILES: Final[tuple[Flavour, ...]] = (
    Onnx(),
    Skops(),
    Keras(),
    XGBoost(),
    LightGBM(),
    Pickled(),
    Safetensors(),
    StateDict(),
)
_ALL: Final[tuple[Flavour, ...]] = (MLflow(_OF_FILES), Checkpoint(), *_OF_FILES)
_BY_NAME: Final[Mapping[str, Flavour]] = {flavour.name: flavour for flavour in _ALL}


def recognise(
    folder: Path, path: str | None = None, *, among: Collection[str] | None = None
) -> Found:
    """Return which model lies in a folder, or at ``path`` in it; raise ``Unrecognised``.

    Names and first bytes decide; nothing is run. Looked for are the flavours ``among``, all
    without it.
    """
    if path is not None and not (folder / path).is_file():
        raise Unrecognised("file_not_found", f"There is no file {path} in it.")
    for flavour in _ALL:
        if among is not None and flavour.name not in among:
            continue
        if found := flavour.recognise(folder, path):
            return found if found.example else replace(found, example=_beside(folder, found.path))
    raise Unrecognised(
        "model_unrecognised",
        "None of its files is a model that can be loaded here.",
        mend="Loaded are scikit-learn (joblib, pickle, skops), ONNX, Keras, XGBoost, LightGBM, "
        "safetensors, PyTorch state dicts, checkpoints of transformers, and folders of MLflow.",
    )


def _beside(folder: Path, path: str) -> str | None:
    """Return the path of the input example that lies beside a model's file, if one does."""
    if path == ".":  # A folder says itself what lies in it.
        return None
    places = ((folder / path).parent / name for name in EXAMPLES)
    found = next((place for place in places if place.is_file() and not place.is_symlink()), None)
    return found.relative_to(folder).as_posix() if found else None


def flavour_of(name: str) -> Flavour:
    """Return the flavour of a name that ``Found`` bears."""
    return _BY_NAME[name]
