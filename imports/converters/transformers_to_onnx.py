"""Checkpoints of transformers into ONNX, by optimum, where that is installed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aegis.converters.protocol import CannotConvert, Given, ModelFile

_WEIGHTS: Final = frozenset({"model.safetensors", "pytorch_model.bin"})


class TransformersToOnnx:
    """Writes what ``optimum-cli export onnx`` does."""

    name = "transformers-to-onnx"
    version = "1"
    writes = "onnx"
    title = "ONNX"
    about = "From a transformers checkpoint: a graph for ONNX runtimes."
    requires = ("optimum-onnx", "onnxruntime", "transformers", "torch")
    install = "pip install 'optimum-onnx[onnxruntime]'"

    def reads(self, files: Sequence[ModelFile]) -> bool:
        """Say whether weights and a configuration lie at the top."""
        paths = {file.path for file in files}
        return "config.json" in paths and bool(paths & _WEIGHTS)

    def convert(self, given: Given, to: Path) -> None:
        """Have optimum trace the model; its own code is never trusted."""
        from optimum.exporters.onnx import main_export  # noqa: PLC0415 - it is large, and rare.

        try:
            main_export(
                str(given.folder),
                output=str(to),
                local_files_only=True,
                trust_remote_code=False,
                do_validation=False,
            )
        except (KeyError, ValueError, NotImplementedError) as error:
            raise CannotConvert(f"optimum cannot convert it: {str(error)[:600]}") from error
