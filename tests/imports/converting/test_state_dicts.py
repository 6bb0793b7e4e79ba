"""State dicts that PyTorch wrote, and safetensors that its library reads."""

import io
import pickle
import pickletools
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors import deserialize
from safetensors.numpy import load_file

from aegis.converters.protocol import CannotConvert, Given, ModelFile
from imports.converters.pytorch_to_safetensors import PytorchToSafetensors, target_of
from imports.converters.torch_states import StateDict

TORCH = Path(__file__).parents[1] / "scanning" / "torch"


def converted(place: Path, tmp_path: Path) -> Path:
    given, made = tmp_path / "given", tmp_path / "made"
    given.mkdir()
    made.mkdir()
    (given / place.name).write_bytes(place.read_bytes())
    (given / "config.json").write_text("{}")
    files = (
        ModelFile(place.name, 1, "pytorch", ("torch._utils._rebuild_tensor_v2",)),
        ModelFile("config.json", 2, "json"),
    )
    PytorchToSafetensors().convert(Given(given, files), made)
    assert (made / "config.json").read_text() == "{}"
    return made / target_of(place.name)


class Call:
    """What is pickled as a call of a global, as torch's own tensors are."""

    def __init__(self, module: str, name: str, *arguments: object) -> None:
        self.named = (module, name)
        self.arguments = arguments


class Storage:
    def __init__(self, kind: str, key: str, count: int) -> None:
        self.said = (kind, key, count)


class Pickler(pickle._Pickler):  # type: ignore[name-defined,misc]  # Python's own, in Python.
    """Writes what torch.save writes, without torch."""

    def persistent_id(self, thing: object) -> object:
        if isinstance(thing, Storage):
            kind, key, count = thing.said
            return ("storage", Named("torch", kind), key, "cpu", count)
        return None

    def save(self, thing: object, save_persistent_id: bool = True) -> None:
        if isinstance(thing, Named):
            self.write(b"c" + f"{thing.module}\n{thing.name}\n".encode())
        elif isinstance(thing, Call):
            self.save(Named(*thing.named))
            self.save(thing.arguments)
            self.write(b"R")
        else:
            super().save(thing, save_persistent_id)


class Named:
    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name


def view(kind: str, key: str, count: int, offset: int, shape: tuple, strides: tuple) -> Call:
    storage = Storage(kind, key, count)
    return Call("torch._utils", "_rebuild_tensor_v2", storage, offset, shape, strides, False, {})


def lazy() -> Call:
    """Return a view that PyTorch negates whenever it is read, as the imaginary part of one is."""
    call = view("FloatStorage", "0", 4, 0, (2,), (2,))
    return Call(*call.named, *call.arguments, {"neg": True})


def saved(tmp_path: Path, value: object, storages: dict[str, bytes]) -> Path:
    sink = io.BytesIO()
    Pickler(sink, protocol=2).dump(value)
    pickletools.dis(sink.getvalue(), io.StringIO())
    place = tmp_path / "model.pt"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("model/data.pkl", sink.getvalue())
        archive.writestr("model/byteorder", "little")
        for key, data in storages.items():
            archive.writestr(f"model/data/{key}", data)
    return place


def test_what_pytorch_wrote_reads_back_equal(tmp_path: Path) -> None:
    place = converted(TORCH / "state_dict.pt", tmp_path)

    found = load_file(place)
    assert place.name == "state_dict.safetensors"
    assert found["0.weight"].shape == (3, 4)
    assert found["1.num_batches_tracked"].dtype == np.int64
    with StateDict(TORCH / "state_dict.pt") as state:
        assert found.keys() == state.tensors.keys()
        for name, tensor in state.tensors.items():
            assert found[name].tobytes() == state.data(tensor)


def test_views_of_one_storage_are_each_written_out(tmp_path: Path) -> None:
    numbers = np.arange(12, dtype="<f4")
    value = {
        "whole": view("FloatStorage", "0", 12, 0, (3, 4), (4, 1)),
        "tied": view("FloatStorage", "0", 12, 0, (3, 4), (4, 1)),
        "transposed": view("FloatStorage", "0", 12, 0, (4, 3), (1, 4)),
        "part": view("FloatStorage", "0", 12, 5, (2, 2), (4, 2)),
        "spread": view("FloatStorage", "0", 12, 3, (2, 3), (0, 1)),
        "one": view("FloatStorage", "0", 12, 7, (), ()),
        "none": view("FloatStorage", "0", 12, 12, (0, 4), (4, 1)),
    }

    found = load_file(converted(saved(tmp_path, value, {"0": numbers.tobytes()}), tmp_path))

    whole = numbers.reshape(3, 4)
    assert (found["whole"] == whole).all()
    assert (found["tied"] == whole).all()
    assert (found["transposed"] == whole.T).all()
    assert found["part"].tolist() == [[5, 7], [9, 11]]
    assert found["spread"].tolist() == [[3, 4, 5]] * 2
    assert found["one"].tolist() == 7
    assert found["none"].shape == (0, 4)


def test_numbers_that_numpy_has_not_keep_their_bytes(tmp_path: Path) -> None:
    data = struct.pack("<3H", 0x3F80, 0x4000, 0xC0A0)
    value = {
        "b": view("BFloat16Storage", "0", 3, 0, (3,), (1,)),
        "h": view("BoolStorage", "1", 2, 0, (2,), (1,)),
    }

    place = converted(saved(tmp_path, value, {"0": data, "1": b"\x01\x00"}), tmp_path)

    found = dict(deserialize(place.read_bytes()))
    assert (found["b"]["dtype"], bytes(found["b"]["data"])) == ("BF16", data)
    assert found["h"]["dtype"] == "BOOL"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"epoch": 3}, "'epoch' is no tensor"),
        ({}, "no tensor"),
        ([1], "no state dict"),
        ({"w": Call("os", "system", "true")}, "os.system"),
        ({"w": Call("builtins", "eval", "1")}, "builtins.eval"),
        ({"w": Call("torch._utils", "_rebuild_sparse_tensor")}, "_rebuild_sparse_tensor"),
        ({"w": view("FloatStorage", "0", 4, 2, (4,), (1,))}, "its storage does not have"),
        ({"w": view("FloatStorage", "0", 4, 0, (2,), (10**9,))}, "its storage does not have"),
        ({"w": view("FloatStorage", "0", 4, -1, (2,), (1,))}, "kind that safetensors cannot"),
        ({"w": view("FloatStorage", "7", 4, 0, (2,), (1,))}, "lacks its part data/7"),
        ({"w": view("QInt8Storage", "0", 4, 0, (2,), (1,))}, "QInt8Storage"),
        ({"w": view("ComplexDoubleStorage", "0", 1, 0, (1,), (1,))}, "ComplexDoubleStorage"),
        ({"w": lazy()}, "conjugated or negated"),
        ({"w": Call("torch._utils", "_rebuild_tensor_v2")}, "not one that PyTorch writes"),
    ],
)
def test_what_is_more_or_less_than_tensors_is_refused(
    tmp_path: Path, value: object, said: str
) -> None:
    place = saved(tmp_path, value, {"0": bytes(16)})
    with pytest.raises(CannotConvert, match=said):
        converted(place, tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("checkpoint.pt", "torch.device"),
        ("module.pt", "Sequential"),
        ("state_dict_legacy.pth", "before version 1.6"),
        ("parameter.pt", "no state dict"),
        ("sparse_and_quantized.pt", "_rebuild_"),
    ],
)
def test_other_files_of_pytorch_are_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(CannotConvert, match=said):
        converted(TORCH / name, tmp_path)
