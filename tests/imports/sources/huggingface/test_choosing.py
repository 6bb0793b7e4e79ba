from collections.abc import Sequence

import pytest

from imports.sources.huggingface.choosing import choose
from imports.sources.huggingface.references import Reference
from imports.sources.huggingface.repository import HubFile

FILES = (
    ".gitattributes",
    "README.md",
    "config.json",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model-00001-of-00002.bin",
    "pytorch_model.bin.index.json",
    "tf_model.h5",
    "flax_model.msgpack",
    "rust_model.ot",
    "training_args.bin",
    "onnx/model.onnx",
    "head/pytorch_model.bin",
)


def chosen(
    include: Sequence[str] = (), exclude: Sequence[str] = (), files: Sequence[str] = FILES
) -> tuple[set[str], dict[str, str]]:
    listed = [HubFile(path, 1, "", "") for path in files]
    choice = choose(listed, Reference("a/b", "main", tuple(include), tuple(exclude)))
    assert len(choice.taken) + len(choice.left) == len(files)
    return {file.path for file in choice.taken}, {file.path: rule for file, rule in choice.left}


def test_without_patterns_git_settings_and_weights_that_are_there_twice_stay_behind() -> None:
    taken, left = chosen()
    assert taken == {
        "README.md",
        "config.json",
        "model.safetensors",
        "training_args.bin",
        "onnx/model.onnx",
        # Its folder has no safetensors, so these are no second copy.
        "head/pytorch_model.bin",
    }
    assert left == {
        ".gitattributes": "git settings",
        "pytorch_model.bin": "same weights as safetensors",
        "pytorch_model-00001-of-00002.bin": "same weights as safetensors",
        "pytorch_model.bin.index.json": "same weights as safetensors",
        "tf_model.h5": "same weights as safetensors",
        "flax_model.msgpack": "same weights as safetensors",
        "rust_model.ot": "same weights as safetensors",
    }


def test_weights_that_are_there_once_come_along() -> None:
    taken, left = chosen(files=["pytorch_model.bin", "tf_model.h5", "config.json"])
    assert taken == {"pytorch_model.bin", "tf_model.h5", "config.json"}
    assert left == {}


def test_who_includes_gets_just_that() -> None:
    taken, left = chosen(include=["*.json", "pytorch_model.bin", "onnx/"])
    assert taken == {
        "config.json",
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
        "onnx/model.onnx",
    }
    assert left["model.safetensors"] == left[".gitattributes"] == "no include pattern"


def test_everything_is_a_complete_copy() -> None:
    assert chosen(include=["*"]) == (set(FILES), {})


def test_who_excludes_is_named_by_the_pattern_and_the_other_rules_hold() -> None:
    taken, left = chosen(exclude=["onnx/*", "*.MD"])
    assert left["onnx/model.onnx"] == "exclude onnx/*"
    assert left["pytorch_model.bin"] == "same weights as safetensors"
    assert "README.md" in taken


def test_an_exclude_pattern_wins_over_an_include_pattern() -> None:
    assert chosen(["*.json"], ["config.*"])[1]["config.json"] == "exclude config.*"


@pytest.mark.parametrize("pattern", ["*" * 200, "*a" * 100, "[" * 200, "?*" * 100])
def test_a_hostile_pattern_takes_no_time(pattern: str) -> None:
    chosen(exclude=[pattern], files=["a" * 1000 + "b"] * 50)
