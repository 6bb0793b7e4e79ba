"""What could be made of files that nobody has scanned yet, by their names and the framework."""

import pytest

from imports.converting.known import formats
from imports.converting.targets import targets
from imports.sources.protocol import Plan, PlannedFile


@pytest.mark.parametrize(
    ("paths", "framework", "read"),
    [
        (["model.joblib", "input_example.json"], "", {"skops", "onnx"}),
        (["artifacts/model.pkl", "MLmodel"], "scikit-learn", {"skops", "onnx"}),
        # One of two may be the estimator: the scan says whether it is.
        (["model.pkl", "encoder.pkl"], "", {"skops", "onnx"}),
        (["data/model.pth", "data/helpers.pkl"], "PyTorch", {"safetensors"}),
        (["config.json", "pytorch_model.bin"], "transformers", {"onnx", "safetensors"}),
        (["config.json", "model.safetensors"], "transformers", {"onnx"}),
        (["model.onnx", "README.md", "LICENSE", ".gitattributes"], "", set()),
        ([f"{place}.pkl" for place in range(3_000)], "", {"skops", "onnx"}),
    ],
)
def test_what_could_be_read_is_told_by_names_and_framework(
    paths: list[str], framework: str, read: set[str]
) -> None:
    files = tuple(PlannedFile(path, path) for path in paths)
    plan = Plan("folder:x", "x", files, facts={"framework": framework} if framework else {})
    found = targets(plan)
    assert {one.to for one in found} == {one.to for one in targets()}
    assert {one.to for one in found if not one.unread} == read


@pytest.mark.usefixtures("acme")
def test_a_converter_that_does_not_say_what_people_read_of_it_is_left_out() -> None:
    assert "shouting" in formats()
    assert "silence" not in formats()
