"""Checkpoints become ONNX behind the walls, and answer as they did."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aegis.converters.protocol import Given, ModelFile
from aegis.problems import Conflict
from imports.converting import rooms
from imports.converting.asking import ask_conversion
from imports.converting.child import GIVEN, MADE
from imports.converting.children import convert
from imports.converting.comparing import compare
from imports.converting.examples import Example
from imports.converting.known import Known, find
from registry.models import RegisteredModel
from tests.cast import Cast
from tests.imports.converting.conftest import done
from tests.registry import making
from tests.servers.hub import real_repository
from tests.with_torch.conftest import EXAMPLE

TEXTS = ["The weather is lovely today.", "It is so sunny outside!", "He drove to the stadium."]


@pytest.fixture
def room(data_folder: Path) -> Iterator[Path]:
    with rooms.workshop() as made:
        yield made


def given(checkpoint: Path, room: Path) -> Given:
    shutil.copytree(checkpoint, room / GIVEN, dirs_exist_ok=True)
    found = sorted(path for path in (room / GIVEN).rglob("*") if path.is_file())
    files = (
        ModelFile(path.relative_to(room / GIVEN).as_posix(), path.stat().st_size, "")
        for path in found
    )
    return Given(room / GIVEN, tuple(files))


def converter() -> Known:
    return find("transformers-to-onnx")


@pytest.mark.parametrize("name", ["half", "sharded", "pickled", "tied"])
def test_a_checkpoint_answers_as_before(checkpoints: Path, room: Path, name: str) -> None:
    asked = given(checkpoints / name, room)
    assert converter().converter.reads(asked.files)
    # Another model beside it is not what is compared with.
    (room / GIVEN / "onnx").mkdir()
    (room / GIVEN / "onnx" / "model.onnx").write_bytes(b"\x08")

    walls = convert(converter(), asked, room)

    assert {"memory", "reading", "calls"} <= set(walls)
    made = {path.relative_to(room / MADE).as_posix() for path in rooms.made_in(room)}
    assert {"model.onnx", "config.json", "input_example.json"} <= made
    assert not any("scratch" in path for path in made)
    compared, why_not = compare(
        room / GIVEN, room / MADE, Example(EXAMPLE), by="transformers-to-onnx"
    )
    assert compared is not None, why_not
    assert (compared.method, compared.outside) == ("outputs", 0)
    assert compared.largest_difference is not None
    assert compared.largest_difference < 1e-6
    assert {"torch", "transformers"} <= compared.packages.keys()


def test_code_that_comes_with_a_checkpoint_is_not_run(checkpoints: Path, room: Path) -> None:
    with pytest.raises(Conflict, match="OwnModel is no class of transformers") as caught:
        convert(converter(), given(checkpoints / "code", room), room)
    assert caught.value.code == "conversion_impossible"


@pytest.mark.django_db
def test_a_real_model_of_sentences_is_registered_with_how_far_it_is_off(
    cast: Cast, model: RegisteredModel
) -> None:
    place = real_repository()
    files = {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.suffix in {".json", ".safetensors", ".txt"}
    }
    parent = making.new_version(
        model, cast.mina, {**files, "input_example.json": json.dumps({"inputs": TEXTS}).encode()}
    )

    job = done(ask_conversion(parent, actor=cast.marc, to="onnx"))

    assert (job.state, job.error) == ("done", "")
    made = job.made
    compared = made.comparisons.get()
    assert (compared.values, compared.outside) == (3 * 8 * 384, 0)
    assert compared.largest_difference < 1e-5
    assert compared.input_from == "input_example.json"
    assert made.derivation.packages.keys() >= {"optimum-onnx", "torch", "transformers"}
    paths = {file.path for file in made.files.all()}
    assert {"model.onnx", "tokenizer.json", "modules.json", "1_Pooling/config.json"} <= paths
