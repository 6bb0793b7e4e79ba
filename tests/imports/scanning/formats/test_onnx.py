from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import BLOCKED, codes, is_dangerous, scan
from tests.imports.scanning.formats.wire import field


def graph(*nodes: Any, initializers: tuple[Any, ...] = ()) -> Any:
    entry = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    end = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    nodes = nodes or (helper.make_node("Relu", ["x"], ["y"]),)
    return helper.make_graph(list(nodes), "graph", [entry], [end], list(initializers))


def outside(location: str, **more: str) -> Any:
    tensor = TensorProto(name="W", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def model(*nodes: Any, initializers: tuple[Any, ...] = (), **fields: Any) -> Any:
    made = helper.make_model(graph(*nodes, initializers=initializers), producer_name="tests")
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def in_branch(tensor: Any) -> Any:
    branch = graph(initializers=(tensor,))
    return model(helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=graph()))


def in_attribute(tensor: Any) -> Any:
    return model(helper.make_node("Constant", [], ["y"], value=tensor))


def in_function(tensor: Any) -> Any:
    made = model()
    node = helper.make_node("Constant", [], ["y"], value=tensor)
    made.functions.append(
        helper.make_function("own", "f", ["x"], ["y"], [node], [helper.make_opsetid("", 21)])
    )
    return made


def in_training(tensor: Any) -> Any:
    made = model()
    made.training_info.add(algorithm=graph(initializers=(tensor,)))
    return made


def in_sparse(tensor: Any) -> Any:
    made = model()
    made.graph.sparse_initializer.add(values=tensor)
    return made


def in_graph(tensor: Any) -> Any:
    return model(initializers=(tensor,))


GOOD = model().SerializeToString()


@pytest.mark.parametrize(
    "location",
    ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "C:\\x", "a\\..\\b", "", "~/x",
     "$HOME/x", "file:///etc/passwd"],
)  # fmt: skip
def test_data_outside_of_the_folder_is_dangerous(location: str) -> None:
    found = scan(in_graph(outside(location)).SerializeToString(), "model.onnx")

    assert (found.verdict, codes(found)) == (Verdict.UNSAFE, {"external_file"})
    assert is_dangerous(found)


@pytest.mark.parametrize(
    "hide", [in_graph, in_branch, in_attribute, in_function, in_training, in_sparse]
)
def test_it_is_found_wherever_tensors_are(hide: Callable[[Any], Any]) -> None:
    found = scan(hide(outside("../x")).SerializeToString(), "model.onnx")

    assert is_dangerous(found)


@pytest.mark.parametrize("operator", ["PyOp", "PythonOp", "PyCustomOp"])
def test_an_operator_that_runs_python_is_dangerous(operator: str) -> None:
    node = helper.make_node(operator, ["x"], ["y"], domain="ai.onnx.contrib")

    found = scan(model(node).SerializeToString(), "model.onnx")

    assert is_dangerous(found)


def test_operators_of_a_library_of_ones_own_are_told() -> None:
    node = helper.make_node("Fast", ["x"], ["y"], domain="com.example")

    found = scan(model(node).SerializeToString(), "model.onnx")

    assert (found.verdict, codes(found)) == (Verdict.DATA, {"onnx_custom_operators"})


def test_functions_of_the_model_itself_are_no_library() -> None:
    made = in_function(helper.make_tensor("W", TensorProto.FLOAT, [1], [1.0]))
    made.graph.node.append(helper.make_node("f", ["x"], ["y"], domain="own"))

    assert scan(made.SerializeToString(), "model.onnx").findings == ()


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("version_unknown", model(ir_version=60).SerializeToString()),
        ("unknown_format", model(producer_name="\n\x02hi").SerializeToString()),
        ("text_control_character", model(doc_string="\x12\x02\x0a\x00").SerializeToString()),
        ("graph_missing", GOOD[: GOOD.index(b"\x3a")]),
        ("external_data_range", in_graph(outside("w", offset="-1")).SerializeToString()),
        ("external_data_range", in_graph(outside("w", length="1e9")).SerializeToString()),
        ("external_data_range", in_graph(outside("w", length="9" * 30)).SerializeToString()),
        ("tensor_shape", in_graph(TensorProto(dims=[-1])).SerializeToString()),
        ("field_unknown", GOOD + b"\x9a\x06\x01x"),
        ("truncated", GOOD + b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        ("varint_too_long", GOOD + b"\xff" * 12),
        ("wire_type", GOOD + b"\x3b"),
        ("field_number", GOOD + b"\x00\x00"),
    ],
)
def test_a_broken_or_lying_model_blocks(code: str, data: bytes) -> None:
    found = scan(data, "model.onnx")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_graphs_in_graphs_end_somewhere() -> None:
    inner = field(1, field(4, "Relu"))
    for _ in range(60):
        inner = field(1, field(4, "If") + field(5, field(1, "then_branch") + field(6, inner)))

    assert codes(scan(field(1, 8) + field(7, inner), "model.onnx")) == {"nested_too_deep"}


def test_no_cut_of_the_file_passes() -> None:
    whole = model(initializers=(helper.make_tensor("W", TensorProto.FLOAT, [1], [1.0]),))
    data = whole.SerializeToString()
    for end in range(1, data.index(b"B\x02") if b"B\x02" in data else len(data)):
        assert scan(data[:end], "model.onnx").verdict in BLOCKED, end


def test_a_saved_model_of_tensorflow_inside_of_a_name_is_refused(real_files: Path) -> None:
    # Field 2 is a text to ONNX and a graph to TensorFlow.
    hidden = onnx.load(real_files / "model.onnx")
    hidden.producer_name = "\x12\x0c\x0a\x0a\x12\x08ReadFile"

    assert scan(hidden.SerializeToString(), "saved_model.pb").verdict in BLOCKED
