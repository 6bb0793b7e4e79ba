"""One file that is two: each reader sees its own, and the scan must see both."""

import io
import json
import os
import pickle
import tarfile
import zipfile

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import BLOCKED, scan
from tests.imports.scanning.formats.test_gguf import file as gguf_file
from tests.imports.scanning.formats.test_gguf import tensor as gguf_tensor


class Attack:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("id",)


def zipped(name: str = "archive/data.pkl", data: bytes = b"") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, data or pickle.dumps(Attack(), protocol=2))
        archive.writestr("archive/version", "3")
    return written.getvalue()


def in_tensor(data: bytes) -> bytes:
    """Return a safetensors file without a fault, whose one tensor is ``data``."""
    tensor = {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}
    header = json.dumps({"a": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + data


def in_gguf(data: bytes) -> bytes:
    data += bytes(-len(data) % 32)
    return gguf_file((), (gguf_tensor("a", [len(data)], 24, 0),), data=data)


LAMBDA = json.dumps({"module": "keras.layers", "class_name": "Lambda", "config": {}}).encode()


@pytest.mark.parametrize("hide", [in_tensor, in_gguf])
@pytest.mark.parametrize("hidden", [zipped(), zipped("config.json", LAMBDA)])
def test_a_zip_at_the_end_of_weights_is_found(hide: object, hidden: bytes) -> None:
    # zipfile.is_zipfile, and Keras with it, looks at the end of the file only.
    data = hide(hidden)  # type: ignore[operator]

    assert zipfile.is_zipfile(io.BytesIO(data))
    assert scan(data, "model.keras").verdict in BLOCKED
    assert scan(data, "model.safetensors").verdict in BLOCKED


def tar_header_of_text() -> bytes:
    """Return the start of a tar whose fields are all printable, as texts in JSON can be."""
    header = bytearray(b" " * 512)
    header[:10] = in_tensor(b"")[:8] + b'{"'
    header[100:108] = b"0000644 "
    header[124:136] = b"00000000000 "
    header[136:148] = b"00000000000 "
    header[156:157] = b"0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def test_a_header_that_is_one_of_tar_as_well_does_not_pass() -> None:
    data = tar_header_of_text() + bytes(1024)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        assert len(archive.getmembers()) == 1

    assert scan(data, "model.safetensors").verdict in BLOCKED


def test_a_pickle_under_any_name_is_a_pickle() -> None:
    data = pickle.dumps(Attack(), protocol=0)
    for name in ("model.safetensors", "README.md", "config.json", "vocab.txt", "a.png", "x.py"):
        assert scan(data, name).verdict is Verdict.UNSAFE, name
    assert scan(data[:-1] + b"garbage", "notes.txt").verdict in BLOCKED


def test_a_pickle_in_an_archive_of_keras_is_found_whatever_it_is_called() -> None:
    # Keras read model.weights.npz as NumPy does, which takes pickles.
    for name in ("model.weights.npz", "assets/vocabulary.txt", "model.weights.h5"):
        data = zipped(name, pickle.dumps(Attack(), protocol=0))

        assert scan(data, "model.keras").verdict is Verdict.UNSAFE, name
