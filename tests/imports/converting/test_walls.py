"""A converter does what it likes, and gets away with none of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aegis.converters.protocol import Given, ModelFile
from aegis.problems import Conflict
from imports.converting import known, rooms
from imports.converting.child import GIVEN, MADE
from imports.converting.children import convert
from imports.converting.known import Known
from imports.converting.limits import Limits

CONFIG = ModelFile("config.json", 13, "json")


@pytest.fixture
def room(data_folder: Path) -> Iterator[Path]:
    with rooms.workshop() as made:
        (made / GIVEN / "config.json").write_text('{"layers": 2}')
        yield made


def run(name: str, room: Path, **limits: float) -> tuple[str, ...]:
    where = f"acme_converters:{name}"
    by = Known(known.make(where), where)
    given = Given(room / GIVEN, (CONFIG,))
    return convert(by, given, room, limits=Limits(**{"seconds": 60.0, **limits}))  # type: ignore[arg-type]  # Numbers all.


def test_what_it_makes_is_there_and_the_walls_are_named(acme: None, room: Path) -> None:
    walls = run("Shouting", room)

    (made,) = rooms.made_in(room)
    assert made.relative_to(room / MADE).as_posix() == "deep/er/config.txt"
    assert made.read_text() == '{"LAYERS": 2}'
    assert {"reading", "calls", "memory", "writing", "privileges"} <= set(walls)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("Crashing", "conversion_died", "it crashed"),
        ("Raising", "conversion_failed", "RuntimeError: no way in given"),
        ("Outside", "conversion_failed", "PermissionError"),
        ("Changing", "conversion_failed", "PermissionError"),
        ("Linking", "conversion_failed", "PermissionError"),
        ("Calling", "conversion_failed", "PermissionError"),
        ("Reading", "conversion_failed", "PermissionError"),
    ],
)
def test_what_it_must_not_do_fails_it_with_a_sentence(
    acme: None, room: Path, name: str, code: str, said: str
) -> None:
    with pytest.raises(Conflict, match=said) as caught:
        run(name, room)

    assert caught.value.code == code
    assert {each.name for each in room.iterdir()} == {GIVEN, MADE}
    assert (room / GIVEN / "config.json").read_text() == '{"layers": 2}'
    assert str(room) not in caught.value.sentence


def test_one_that_hangs_is_ended(acme: None, room: Path) -> None:
    with pytest.raises(Conflict, match="was not done within 1 seconds") as caught:
        run("Hanging", room, seconds=1.0)
    assert caught.value.code == "conversion_too_long"


def test_one_that_starts_programs_starts_none(acme: None, room: Path) -> None:
    run("Starting", room)
    assert not Path("/tmp/acme").exists()


def test_one_that_writes_too_much_is_stopped(acme: None, room: Path) -> None:
    with pytest.raises(Conflict):
        run("Huge", room, file_bytes=1024 * 1024)


def test_a_link_that_was_made_all_the_same_is_no_file(room: Path) -> None:
    (room / MADE / "link").symlink_to("/etc/passwd")
    with pytest.raises(Conflict, match="is no file"):
        rooms.made_in(room)


def test_a_file_beside_the_folder_is_noticed(room: Path) -> None:
    (room / "x").write_text("x")
    with pytest.raises(Conflict, match="outside of its folder"):
        rooms.made_in(room)


def test_packages_bring_converters_and_a_broken_one_takes_none_away(acme: None) -> None:
    names = [one.converter.name for one in known.known()]

    assert names == [
        "sklearn-to-skops",
        "sklearn-to-onnx",
        "pytorch-to-safetensors",
        "transformers-to-onnx",
        "json-to-shouting",
    ]
    assert known.formats() == ["onnx", "safetensors", "shouting", "skops"]
    assert known.chosen("shouting", [CONFIG]).where == "acme_converters:Shouting"
    with pytest.raises(Conflict, match="reads the files"):
        known.chosen("skops", [CONFIG])


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    files = [CONFIG, ModelFile("model.safetensors", 8, "safetensors")]
    with pytest.raises(Conflict) as caught:
        known.chosen("onnx", files)
    assert caught.value.sentence.startswith("transformers-to-onnx needs optimum-onnx")
    assert "pip install 'optimum-onnx[onnxruntime]'" in (caught.value.mend or "")
