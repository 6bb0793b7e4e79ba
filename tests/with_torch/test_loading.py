"""Checkpoints and state dicts are loaded behind the walls, and read as PyTorch reads them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from aegis.converters.protocol import CannotConvert, Given, ModelFile
from aegis.loading import inputs
from aegis.loading.bounds import Limits
from aegis.loading.flavours import recognise
from aegis.loading.refusals import LoadFailed
from aegis.loading.running import Ran, run
from imports.converters.pytorch_to_safetensors import PytorchToSafetensors
from tests.servers.hub import real_repository


def ran(folder: Path, asked: object = None, **limits: int) -> Ran:
    found = recognise(folder)
    given = inputs.of_json(asked) if asked else None
    if found.example and not asked:
        given = inputs.example(folder, found)
    return run(folder, found, inputs=given, runs=2, limits=Limits(**limits) if limits else None)


def test_a_checkpoint_predicts_from_its_example_as_it_does_without_walls(
    checkpoints: Path,
) -> None:
    from transformers import AutoModelForSequenceClassification

    place = checkpoints / "sharded"

    told = ran(place)

    assert told.kind == "transformers.BertForSequenceClassification"
    assert {"network", "calls"} & set(told.walls)
    one, other = told.outputs
    assert one["logits"].tolist() == other["logits"].tolist()
    reference = AutoModelForSequenceClassification.from_pretrained(place).eval()
    with torch.inference_mode():
        expected = reference(torch.tensor([[2, 5, 7, 3], [2, 8, 6, 3]])).logits.numpy()
    assert np.allclose(one["logits"], expected, atol=1e-6)


def test_a_model_of_sentences_is_asked_with_texts() -> None:
    told = ran(real_repository(), {"inputs": ["It is sunny.", "It rains, and it is cold."]})
    assert list(told.outputs[0]) == ["last_hidden_state"]
    assert told.outputs[0]["last_hidden_state"].shape[::2] == (2, 384)


def test_weights_that_are_missing_are_told(checkpoints: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    place = shutil.copytree(checkpoints / "half", tmp_path / "model")
    tensors = load_file(place / "model.safetensors")
    del tensors["classifier.weight"]
    save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})
    (notice,) = (one for one in ran(place).notices if "missing" in one)
    assert notice == "1 of its weights are missing and were made up: classifier.weight."


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("code", None, "OwnModel is no class of transformers"),
        ("half", {"words": [[1, 2]]}, "The model takes input_ids"),
        ("half", {"inputs": ["words"]}, "no tokenizer lies beside"),
    ],
)
def test_what_cannot_be_asked_says_why(
    checkpoints: Path, name: str, asked: object, said: str
) -> None:
    with pytest.raises(LoadFailed, match=said):
        ran(checkpoints / name, asked)


def _tied() -> dict[str, torch.Tensor]:
    table = torch.arange(32.0).reshape(8, 4)
    return {"table": table, "same": table, "turned": table.t(), "part": table[2:5, 1:3]}


def _of_each_type() -> dict[str, torch.Tensor]:
    names = (
        "bfloat16", "bool", "complex64", "float16", "float64", "float8_e4m3fn", "float8_e5m2",
        "int16", "int8", "uint16", "uint32", "uint64",
    )  # fmt: skip
    return {name: torch.arange(6).reshape(2, 3).to(getattr(torch, name)) for name in names}


def _network() -> dict[str, torch.Tensor]:
    layers = (torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.LSTM(4, 4))
    network = torch.nn.Sequential(*layers).to(memory_format=torch.channels_last)
    return dict(network.state_dict())


@pytest.mark.parametrize("make", [_tied, _of_each_type, _network])
def test_a_state_dict_becomes_safetensors_that_pytorch_reads_as_the_same(
    tmp_path: Path, make: Callable[[], dict[str, torch.Tensor]]
) -> None:
    tmp_path.chmod(0o755)
    state = make()
    converted(tmp_path, state)

    found = load_file(tmp_path / "made" / "model.safetensors")

    assert found.keys() == state.keys()
    for name, tensor in state.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(_bytes(found[name]), _bytes(tensor))
    ours, theirs = (
        {one.name: (one.shape, one.sha256) for one in ran(tmp_path / folder).tensors}
        for folder in ("given", "made")
    )
    assert ours == theirs


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def test_a_tensor_that_is_conjugated_when_it_is_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotConvert, match="conjugated or negated"):
        converted(tmp_path, {"w": torch.complex(torch.ones(2), torch.ones(2)).conj()})


def converted(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    for name in ("given", "made"):
        (tmp_path / name).mkdir()
    torch.save(state, tmp_path / "given" / "model.pt")
    file = ModelFile("model.pt", 1, "pytorch", ("torch._utils._rebuild_tensor_v2",))
    PytorchToSafetensors().convert(Given(tmp_path / "given", (file,)), tmp_path / "made")
