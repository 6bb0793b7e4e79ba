import io
import os
import pickle

import numpy as np
import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import BLOCKED, codes, is_dangerous, scan

GOOD_HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"


def file(header: str = GOOD_HEADER, data: bytes = bytes(16), version: bytes = b"\x01\0") -> bytes:
    width = 2 if version == b"\x01\0" else 4
    raw = header.encode()
    return b"\x93NUMPY" + version + len(raw).to_bytes(width, "little") + raw + data


def typed(descr: str, shape: str = "(2,)") -> bytes:
    return file(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}")


def objects(array: "np.ndarray[tuple[int, ...], np.dtype[np.object_]]") -> bytes:
    written = io.BytesIO()
    np.save(written, array, allow_pickle=True)
    return written.getvalue()


class Attack:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("id",)


def test_the_file_that_the_attacks_are_made_of_is_data() -> None:
    assert scan(file()).verdict is Verdict.DATA


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("version_unknown", file(version=b"\x04\0")),
        ("version_unknown", file(version=b"\x01\x01")),
        ("header_length", b"\x93NUMPY\x01\0\xff\xff{}"),
        ("header_length", b"\x93NUMPY\x02\0\xff\xff\xff\xff{}"),
        ("header_malformed", file("{'descr': __import__('os').system('id'), 'a': 1, 'b': 2}")),
        ("header_malformed", file("{'descr'")),
        ("header_malformed", file("(" * 9_000)),
        ("header_malformed", file("-" * 30_000 + "1")),
        ("header_fields", file("{'descr': '<f8', 'fortran_order': False}")),
        ("header_fields", file(GOOD_HEADER[:-1] + " 'shape': (1,)}")),
        ("header_fields", file(GOOD_HEADER[:-1] + " 'more': 1}")),
        ("header_fields", file("[1, 2]")),
        ("array_shape", typed("'<f8'", "(-1,)")),
        ("array_shape", typed("'<f8'", "(True,)")),
        ("array_shape", typed("'<f8'", "[2]")),
        ("array_shape", typed("'<f8'", str(tuple([1] * 100)))),
        ("array_type_unknown", typed("'<f8; import os'")),
        ("array_type_unknown", typed("'<Z8'")),
        ("array_type_unknown", typed("b'<f8'")),
        ("array_type_unknown", typed("[('a',)]")),
        ("array_shape", typed("[('a', '<f8', (-2,))]")),
        ("nested_too_deep", typed("[('a', " * 20 + "'<f8'" + ")]" * 20)),
        ("truncated", typed("'<f8'", "(4611686018427387904, 4611686018427387904)")),
        ("truncated", file(data=bytes(15))),
        ("trailing_bytes", file(data=bytes(17))),
    ],
)
def test_a_broken_or_lying_header_blocks(code: str, data: bytes) -> None:
    found = scan(data, "array.npy")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_no_cut_of_the_file_passes() -> None:
    data = file()
    for end in range(6, len(data)):
        assert scan(data[:end], "array.npy").verdict is Verdict.INCONCLUSIVE, end


def test_an_array_of_plain_objects_is_known_by_its_globals() -> None:
    found = scan(objects(np.array([{"a": 1}, "text"], dtype=object)), "array.npy")

    assert found.verdict is Verdict.KNOWN


def test_an_array_of_objects_that_calls_the_system_is_dangerous() -> None:
    found = scan(objects(np.array([Attack()], dtype=object)), "array.npy")

    assert found.verdict is Verdict.UNSAFE
    assert is_dangerous(found)


@pytest.mark.parametrize(
    "descr", ["'|O'", "'O8'", "[('a', '<i4'), ('b', 'O')]", "('O', (1,))", "[('a', [('b', '|O')])]"]
)
def test_objects_are_found_wherever_the_type_has_them(descr: str) -> None:
    hidden = typed(descr, "(1,)")[: -len(bytes(16))] + pickle.dumps(Attack(), protocol=2)

    assert is_dangerous(scan(hidden, "array.npy"))


def test_a_pickle_with_the_magic_of_numpy_in_front_does_not_pass() -> None:
    assert scan(b"\x93NUMPY" + pickle.dumps(Attack()), "array.npy").verdict in BLOCKED
