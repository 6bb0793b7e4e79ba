"""State dicts of PyTorch into safetensors: the same bytes of each tensor under the same name."""

import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from aegis.converters.protocol import Given, ModelFile, only
from imports.converters.torch_states import ITEM_BYTES, StateDict

WORDS_OF_TENSORS: Final = "torch._utils._rebuild_"


class PytorchToSafetensors:
    """Writes the tensors beside the other files of the version, which come along.

    Tensors that share their numbers are written out one by one, so that each name is there.
    """

    name = "pytorch-to-safetensors"
    version = "1"
    writes = "safetensors"
    title = "safetensors"
    about = "From a PyTorch state dict: the same tensors, without the pickle around them."
    requires = ("numpy", "safetensors")
    install = "pip install 'aegis-registry[convert]'"

    def reads(self, files: Sequence[ModelFile]) -> bool:
        """Say whether one of them is of PyTorch and holds tensors."""
        return len(of_torch(files)) == 1

    def convert(self, given: Given, to: Path) -> None:
        """Write the tensors, and copy what else is there."""
        file = only(of_torch(given.files), "PyTorch's")
        with StateDict(given.place(file)) as state:
            write(state, to / target_of(file.path))
        for other in given.files:
            if other != file:
                place = to / other.path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(given.place(other).read_bytes())


def target_of(path: str) -> str:
    """Return what the file of tensors is called, as the Hub names them."""
    found = PurePosixPath(path)
    stem = "model" if found.stem == "pytorch_model" else found.stem
    return str(found.with_name(f"{stem}.safetensors"))


def write(state: StateDict, place: Path) -> None:
    """Write all tensors of ``state`` as one file of safetensors."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    # Wide numbers first keep every tensor aligned, as the library has it.
    order = sorted(state.tensors.items(), key=lambda item: (-ITEM_BYTES[item[1].dtype], item[0]))
    end = 0
    for name, tensor in order:
        begin, end = end, end + tensor.count * ITEM_BYTES[tensor.dtype]
        header[name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    words = json.dumps(header, separators=(",", ":")).encode()
    words += b" " * (-len(words) % 8)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as sink:
        sink.write(struct.pack("<Q", len(words)) + words)
        for _, tensor in order:
            sink.write(state.data(tensor))


def of_torch(files: Iterable[ModelFile]) -> list[ModelFile]:
    """Return the files of PyTorch that hold tensors."""
    return [
        file
        for file in files
        if file.format == "pytorch"
        and any(name.startswith(WORDS_OF_TENSORS) for name in file.globals)
    ]
