import struct

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import BLOCKED, codes, is_dangerous, scan


class Writer:
    """A writer of FlatBuffers from front to back, as simple as a test can do with."""

    def __init__(self, identifier: bytes = b"TFL3") -> None:
        self.data = bytearray(bytes(4) + identifier)

    def put(self, value: bytes) -> int:
        self.data += bytes(-len(self.data) % 4)
        place = len(self.data)
        self.data += value
        return place

    def point(self, place: int, target: int) -> None:
        self.data[place : place + 4] = struct.pack("<I", target - place)

    def text(self, value: str) -> int:
        return self.put(struct.pack("<I", len(value)) + value.encode() + b"\0")

    def table(self, *fields: int | None) -> tuple[int, list[int]]:
        """Write a table of four-byte fields; return its place and those of the fields."""
        entries = [0 if each is None else 4 + 4 * index for index, each in enumerate(fields)]
        size = 4 + 2 * len(fields)
        vtable = self.put(struct.pack(f"<HH{len(fields)}H", size, 4 + 4 * len(fields), *entries))
        start = self.put(bytes(4))
        self.data[start : start + 4] = struct.pack("<i", start - vtable)
        for each in fields:
            self.data += struct.pack("<i", each or 0)
        return start, [start + entry for entry in entries]

    def vector(self, place: int) -> int:
        """Write a vector of one offset, have ``place`` lead to it, and return where that is."""
        start = self.put(struct.pack("<I", 1) + bytes(4))
        self.point(place, start)
        return start + 4

    def numbers(self, *values: int) -> int:
        return self.put(struct.pack(f"<I{len(values)}i", len(values), *values))


def model(
    operator: str = "", *, version: int = 3, code: int = 0, tensor: int = 0, buffer: int = 0
) -> bytes:
    writer = Writer()
    root, places = writer.table(version, 0, 0, None, 0)
    writer.point(0, root)
    codes_of, graphs, buffers = (writer.vector(places[field]) for field in (1, 2, 4))
    named, inside = writer.table(None, 0 if operator else None)
    writer.point(codes_of, named)
    if operator:
        writer.point(inside[1], writer.text(operator))
    graph, parts = writer.table(0, None, None, 0)
    writer.point(graphs, graph)
    tensors, operators = writer.vector(parts[0]), writer.vector(parts[3])
    one, shape = writer.table(0, None, buffer)
    writer.point(tensors, one)
    writer.point(shape[0], writer.numbers(1, 2))
    act, operands = writer.table(code, 0, 0)
    writer.point(operators, act)
    writer.point(operands[1], writer.numbers(tensor))
    writer.point(operands[2], writer.numbers(-1))
    writer.point(buffers, writer.table(None)[0])
    return bytes(writer.data)


GOOD = model()


def test_an_ordinary_model_is_data() -> None:
    found = scan(GOOD, "model.tflite")

    assert (found.verdict, found.format, found.findings) == (Verdict.DATA, "tflite", ())


def test_an_operator_of_a_library_of_ones_own_is_told() -> None:
    found = scan(model("Fast"), "model.tflite")

    assert (found.verdict, codes(found)) == (Verdict.DATA, {"tflite_custom_operator"})


@pytest.mark.parametrize("operator", ["FlexReadFile", "FlexWriteFile", "FlexPyFunc"])
def test_an_operator_of_tensorflow_that_does_more_is_dangerous(operator: str) -> None:
    assert is_dangerous(scan(model(operator), "model.tflite"))


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("version_unknown", model(version=9)),
        ("operator_missing", model(code=5)),
        ("tensor_missing", model(tensor=7)),
        ("tensor_missing", model(tensor=-2)),
        ("buffer_missing", model(buffer=3)),
        ("offset_out_of_bounds", struct.pack("<I", 2**31) + GOOD[4:]),
        ("offset_out_of_bounds", struct.pack("<I", len(GOOD)) + GOOD[4:]),
        ("offset_out_of_bounds", GOOD[:8] + b"\xfe\xff" + GOOD[10:]),
        ("table", GOOD[:8] + b"\x03\x00" + GOOD[10:]),
    ],
)
def test_a_broken_or_lying_model_blocks(code: str, data: bytes) -> None:
    found = scan(data, "model.tflite")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_no_cut_of_the_file_passes() -> None:
    for end in range(8, len(GOOD) - 8):
        assert scan(GOOD[:end], "model.tflite").verdict in BLOCKED, end
