"""Checkpoints of transformers: a configuration, weights, and perhaps a tokenizer.

The class is one of the library's own. Code that comes with a checkpoint is never run.
"""

import importlib.util
import inspect
import json
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.protocol import EXAMPLES, Arrays, Found, Loaded

if TYPE_CHECKING:
    import numpy as np

CONFIG: Final = "config.json"
_WEIGHTS: Final = frozenset(
    {
        "model.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
    }
)
_NEEDS: Final = ("numpy", "torch", "transformers")
# Of an answer: what lies in between, and a state that most checkpoints never trained.
_LEFT_OUT: Final = frozenset({"encoder_last_hidden_state", "pooler_output"})


class Checkpoint:
    """A folder as ``save_pretrained`` writes it. Without its libraries it is weights alone."""

    name = "transformers"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the configuration and the weights at the top."""
        if path is not None or not all(map(importlib.util.find_spec, _NEEDS)):
            return None
        there = {name for name in (CONFIG, *_WEIGHTS) if (folder / name).is_file()}
        if not is_checkpoint(there):
            return None
        example = next((name for name in EXAMPLES if (folder / name).is_file()), None)
        return Found(self.name, "A checkpoint of transformers", ".", _NEEDS, example)

    def load(self, folder: Path, path: str) -> Loaded:
        """Load it in single precision, whatever its weights have."""
        kind = _class_of(folder / path)
        model, told = kind.from_pretrained(
            str(folder / path), local_files_only=True, output_loading_info=True
        )
        if lacking := sorted(told["missing_keys"]):
            shown = ", ".join(lacking[:3])
            warnings.warn(
                f"{len(lacking)} of its weights are missing and were made up: {shown}.",
                stacklevel=2,
            )
        model.float().eval()
        model.config.use_cache = False
        return Loaded(f"transformers.{kind.__name__}", _Predicting(model, folder / path))


class _Predicting:
    """Asks a model with its own inputs by name, or with texts."""

    def __init__(self, model: Any, folder: Path) -> None:
        self._model = model
        self._folder = folder

    def __call__(self, inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
        import torch

        from aegis.loading.flavours.tokenizing import tokenized
        from aegis.loading.shaping import Unfit

        names = inspect.signature(self._model.forward).parameters
        asked = tokenized(self._folder, inputs, names)
        if strange := [name for name in asked if name not in names]:
            raise Unfit(
                f"The model takes {', '.join(list(names)[:10])}, or texts for its tokenizer, and "
                f"not {', '.join(strange[:5])}."
            )
        with torch.inference_mode():
            answer = self._model(
                **{name: _as_tensor(array) for name, array in asked.items()}, return_dict=True
            )
        return {
            name: value.numpy()
            for name, value in answer.items()
            if isinstance(value, torch.Tensor) and name not in _LEFT_OUT
        }


def is_checkpoint(paths: Collection[str]) -> bool:
    """Say whether files of these paths are a configuration and weights at the top."""
    return CONFIG in paths and not _WEIGHTS.isdisjoint(paths)


def _class_of(folder: Path) -> Any:
    import transformers

    config = json.loads((folder / CONFIG).read_text("utf-8"))
    named = (config.get("architectures") or ["none"])[0]
    found = getattr(transformers, str(named), None)
    is_a_model = isinstance(found, type) and issubclass(found, transformers.PreTrainedModel)
    if not is_a_model:
        raise LookupError(
            f"{named} is no class of transformers {transformers.__version__}, and code that comes "
            "with a checkpoint is not run."
        )
    return found


def _as_tensor(array: "np.ndarray[Any, Any]") -> Any:
    import torch

    tensor = torch.from_numpy(array.copy())
    return tensor.float() if tensor.is_floating_point() else tensor
