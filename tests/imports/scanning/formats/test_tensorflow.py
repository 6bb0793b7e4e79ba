import json

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import codes, is_dangerous, scan
from tests.imports.scanning.formats.wire import field


def node(operator: str, **attributes: str) -> bytes:
    entries = b"".join(
        field(5, field(1, key) + field(2, field(2, value))) for key, value in attributes.items()
    )
    return field(1, "name") + field(2, operator) + entries


def saved_model(*nodes: bytes, library: tuple[bytes, ...] = (), metadata: str = "") -> bytes:
    function = b"".join(field(3, each) for each in library)
    graph = b"".join(field(1, each) for each in nodes) + field(2, field(1, function))
    objects = field(1, field(5, field(1, "_tf_keras_layer") + field(3, metadata)))
    return field(1, 1) + field(2, field(1, field(4, "serve")) + field(2, graph) + field(7, objects))


ORDINARY = (
    "Placeholder",
    "VarHandleOp",
    "MatMul",
    "StatefulPartitionedCall",
    "SaveV2",
    "RestoreV2",
)
GOOD = saved_model(*(node(each) for each in ORDINARY), library=(node("Relu"),))


def test_an_ordinary_model_is_data() -> None:
    found = scan(GOOD, "saved_model.pb")

    assert (found.verdict, found.format) == (Verdict.DATA, "tensorflow-savedmodel")
    assert found.findings == ()


@pytest.mark.parametrize(
    "operator",
    ["ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "MatchingFiles", "ImmutableConst",
     "TextLineDataset", "SaveDatasetV2", "DebugIdentityV3", "RpcCall"],
)  # fmt: skip
def test_an_operator_that_does_more_than_compute_is_dangerous(operator: str) -> None:
    in_graph = scan(saved_model(node("Relu"), node(operator)), "saved_model.pb")
    in_function = scan(saved_model(library=(node(operator),)), "saved_model.pb")

    for found in (in_graph, in_function):
        assert found.verdict is Verdict.UNSAFE
        assert codes(found) == {"tensorflow_operator"}
        assert is_dangerous(found)


def test_printing_to_a_file_is_dangerous() -> None:
    to_a_file = node("PrintV2", output_stream="file:///home/user/.bashrc")
    to_the_screen = node("PrintV2", output_stream="stderr")

    assert is_dangerous(scan(saved_model(to_a_file), "saved_model.pb"))
    assert scan(saved_model(to_the_screen), "saved_model.pb").verdict is Verdict.DATA


def test_a_lambda_layer_in_the_metadata_of_keras_is_dangerous() -> None:
    hostile = json.dumps({"class_name": "Lambda", "config": {"function": ["4wEAAA=="]}})
    separate = field(1, field(2, 5) + field(4, "_tf_keras_layer") + field(5, hostile))

    assert is_dangerous(scan(saved_model(metadata=hostile), "saved_model.pb"))
    assert is_dangerous(scan(separate, "keras_metadata.pb"))


def test_ordinary_metadata_of_keras_is_data() -> None:
    ordinary = json.dumps({"class_name": "Dense", "config": {"units": 3}})
    separate = field(1, field(2, 5) + field(4, "_tf_keras_layer") + field(5, ordinary))

    found = scan(separate, "keras_metadata.pb")

    assert (found.verdict, found.format) == (Verdict.DATA, "keras-metadata")


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("field_unknown", GOOD + field(3, "x")),
        ("field_unknown", saved_model(node("Relu")) + field(2, field(9, "x"))),
        ("field_unknown", GOOD + field(2, 5)),
        ("version_unknown", GOOD + field(1, 2)),
        ("truncated", GOOD + b"\x12\xff\xff\x03"),
        ("truncated", GOOD + field(2, field(2, b"\x0a\x50"))),
        ("wire_type", GOOD + field(2, field(2, field(1, b"\x0b")))),
        ("wire_type", saved_model(field(2, 7))),
        ("text_not_utf8", saved_model(field(2, b"\xff\xfe"))),
        ("json_malformed", saved_model(metadata="{")),
    ],
)
def test_a_broken_model_blocks(code: str, data: bytes) -> None:
    found = scan(data, "saved_model.pb")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_no_cut_of_the_file_passes() -> None:
    for end in range(1, len(GOOD)):
        assert scan(GOOD[:end], "saved_model.pb").verdict is Verdict.INCONCLUSIVE, end
