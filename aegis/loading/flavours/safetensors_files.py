"""safetensors: weights alone. All tensors are read, none predicts."""

import hashlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from aegis.loading.flavours.choosing import files, head
from aegis.loading.protocol import Found, Loaded, Tensor

_LONGEST_HEADER: Final = 100_000_000
_CHUNK: Final = 1024 * 1024


class Safetensors:
    """All files that end with ``.safetensors``: a checkpoint may have several."""

    name = "safetensors"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the weights."""
        found = [name for name, place in files(folder, path) if _is_safetensors(place)]
        if not found:
            return None
        # Several shards are one checkpoint.
        where = found[0] if len(found) == 1 else "."
        return Found(self.name, "Weights in safetensors", where, ("numpy", "safetensors"))

    def load(self, folder: Path, path: str) -> Loaded:
        """Read every tensor of all files, once the library found them in order."""
        from safetensors import safe_open

        tensors: list[Tensor] = []
        for _, place in files(folder, None if path == "." else path):
            if _is_safetensors(place):
                with safe_open(place, framework="numpy"):
                    tensors += _tensors(place)
        return Loaded("safetensors", tensors=tuple(tensors))


def _is_safetensors(place: Path) -> bool:
    start = head(place, 9)
    return place.suffix.lower() == ".safetensors" and start[8:] == b"{"


def _tensors(place: Path) -> Iterator[Tensor]:
    """Yield the tensors of a file; the library has no array for some of their dtypes."""
    with place.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > _LONGEST_HEADER:
            raise ValueError("The header of the file is too long.")
        header = json.loads(stream.read(length))
        beginning = 8 + length
        for name, one in header.items():
            if name == "__metadata__":
                continue
            start, end = one["data_offsets"]
            stream.seek(beginning + start)
            digest = _digest(stream, end - start)
            yield Tensor(name, one["dtype"], tuple(one["shape"]), end - start, digest)


def _digest(stream: BinaryIO, count: int) -> str:
    digest = hashlib.sha256()
    while count > 0:
        data = stream.read(min(count, _CHUNK))
        if not data:
            raise ValueError("The file ends inside a tensor.")
        digest.update(data)
        count -= len(data)
    return f"sha256:{digest.hexdigest()}"
