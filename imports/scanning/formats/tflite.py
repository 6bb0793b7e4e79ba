"""TensorFlow Lite: the operators that a model uses, and where its buffers lie.

The tables are those of ``tensorflow/compiler/mlir/lite/schema/schema.fbs``.
"""

from collections.abc import Iterator
from typing import Final

from imports.scanning.examination import Examination, Format, Scan, together
from imports.scanning.formats.flatbuffers import Buffer, Table
from imports.scanning.formats.saying import malformed, note, unsafe
from imports.scanning.formats.tensorflow_operators import is_dangerous
from imports.scanning.sources import Source

_IDENTIFIER: Final = b"TFL3"
_VERSION: Final = 3
_MOST_TABLES: Final = 500_000
_FLEX: Final = "Flex"


def recognises(source: Source) -> bool:
    """Say whether the identifier stands behind the first offset."""
    return source.head[4:8] == _IDENTIFIER


def examine(source: Source, scan: Scan) -> Examination:
    """Hold version, operators, graphs and buffers against the file."""
    model = Buffer(source, scan, 0, source.size).root()
    if model.number(0, 4) != _VERSION:
        sentence = f"The version {model.number(0, 4)} of the schema is not known here."
        raise malformed(source, "version_unknown", sentence)
    codes = model.tables(1)
    _check_graphs(model, len(codes), source)
    _check_buffers(model, source)
    names = {code.text(1) or "" for code in codes}
    return together(_operators(names - {""}, source))


def _operators(names: set[str], source: Source) -> Iterator[Examination]:
    for name in sorted(names):
        if name.startswith(_FLEX) and is_dangerous(name.removeprefix(_FLEX)):
            sentence = f"The operator {name} does more than compute."
            yield unsafe("tensorflow_operator", sentence, source.place, is_dangerous=True)
        else:
            sentence = f"The operator {name} comes from a library that the loader has to bring."
            yield note("tflite_custom_operator", sentence, source.place)


def _check_graphs(model: Table, codes: int, source: Source) -> None:
    """Refuse graphs whose operators or tensors point nowhere."""
    buffers = model.vector(4, 4)[1]
    for graph in model.tables(2):
        tensors = graph.tables(0)
        operators = graph.tables(3)
        if len(tensors) + len(operators) > _MOST_TABLES:
            raise malformed(source, "counts_too_large", "A graph has too many parts.")
        for tensor in tensors:
            if tensor.number(2, 4) >= max(buffers, 1):
                raise malformed(source, "buffer_missing", "A tensor's buffer is not there.")
            tensor.vector(0, 4)
        for operator in operators:
            if operator.number(0, 4) >= codes:
                raise malformed(source, "operator_missing", "An operator's code is not there.")
            _check_operands(operator, len(tensors), source)


def _check_operands(operator: Table, tensors: int, source: Source) -> None:
    for field in (1, 2):
        start, count = operator.vector(field, 4)
        for index in range(count):
            # -1 stands for an input that is left out.
            if not -1 <= operator.buffer.number(start + 4 * index, 4, signed=True) < tensors:
                raise malformed(source, "tensor_missing", "An operator's tensor is not there.")


def _check_buffers(model: Table, source: Source) -> None:
    for each in model.tables(4):
        each.vector(0, 1)
        offset, size = each.number(1, 8), each.number(2, 8)
        # 1 marks data that lies behind the buffer in the making, never in a file.
        if offset > 1 and offset + size > source.size:
            raise malformed(source, "buffer_out_of_bounds", "A tensor's data leaves the file.")


FORMAT: Final = Format("tflite", frozenset({".tflite", ".lite"}), recognises, examine)
