"""Checkpoints of transformers into ONNX, by optimum, where that is installed."""

import json
from collections.abc import Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

from aegis.converters.protocol import CannotConvert, Given, ModelFile
from aegis.loading.flavours.checkpoints import CONFIG, is_checkpoint
from imports.converters.estimators import bring_along

# Beside a checkpoint of sentence-transformers: what follows the model, and the words for it.
_MODULES: Final = "modules.json"
_OF_SENTENCES: Final = frozenset(
    {_MODULES, "config_sentence_transformers.json", "sentence_bert_config.json"}
)
_PAIR: Final = ("optimum-onnx", "transformers")
_LONGEST: Final = 600


class TransformersToOnnx:
    """Writes one graph for the whole model, which takes whole sequences: it keeps no cache."""

    name = "transformers-to-onnx"
    version = "2"
    writes = "onnx"
    title = "ONNX"
    about = "From a transformers checkpoint: a graph for ONNX runtimes."
    requires = ("optimum-onnx", "onnxruntime", "transformers", "torch")
    install = "pip install 'optimum-onnx[onnxruntime]'"

    def reads(self, files: Sequence[ModelFile]) -> bool:
        """Say whether weights and a configuration lie at the top."""
        return is_checkpoint({file.path for file in files})

    def convert(self, given: Given, to: Path) -> None:
        """Have optimum trace the model; its own code is never trusted."""
        main_export = self._exporter()
        try:
            main_export(
                str(given.folder),
                output=str(to),
                # Of a folder optimum guesses neither, and sentences need no further library.
                task=_task_of(given.folder),
                library_name="transformers",
                # Encoder and decoder come as one graph, which answers as the checkpoint does.
                monolith=True,
                local_files_only=True,
                trust_remote_code=False,
                do_validation=False,
            )
        except (KeyError, ValueError, NotImplementedError) as error:
            said = " ".join(str(error).split()).replace(f"{given.folder}", "the version")
            raise CannotConvert(f"optimum cannot convert it: {said[:_LONGEST]}") from error
        bring_along(given, to)
        _bring_sentences_along(given, to)

    def _exporter(self) -> Any:
        try:
            from optimum.exporters.onnx import main_export  # noqa: PLC0415 - large, and rare.
        except ImportError as error:
            pair = " and ".join(f"{name} {version_of(name)}" for name in _PAIR)
            raise CannotConvert(
                f"{pair} do not go together: {error.msg.partition(' (')[0]}. An operator installs "
                f"what does: {self.install}"
            ) from error
        return main_export


def _task_of(folder: Path) -> str:
    """Return optimum's word for what the class of the checkpoint does."""
    import transformers  # noqa: PLC0415 - as above.
    from optimum.exporters.tasks import TasksManager  # noqa: PLC0415 - as above.

    named = (json.loads((folder / CONFIG).read_text("utf-8")).get("architectures") or [None])[0]
    if not isinstance(named, str):
        raise CannotConvert("config.json names no architecture, so nobody knows what it does.")
    found = getattr(transformers, named, None)
    if not isinstance(found, type):
        raise CannotConvert(
            f"{named[:80]} is no class of transformers {transformers.__version__}, and code that "
            "comes with a model is not run."
        )
    task: str = TasksManager.infer_task_from_model(found)
    return task


def _bring_sentences_along(given: Given, to: Path) -> None:
    """Copy how the outputs become vectors of sentences, which is no part of the graph."""
    if not (given.folder / _MODULES).is_file():
        return
    for file in given.files:
        folder, _, name = file.path.rpartition("/")
        is_module = name == "config.json" and folder.partition("_")[0].isdecimal()
        if file.path in _OF_SENTENCES or is_module:
            place = to / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(given.place(file).read_bytes())
