import json
from typing import Any

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import codes, is_dangerous, scan


def file(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(begin: int, end: int, shape: list[Any] | None = None, dtype: str = "U8") -> Any:
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape,
            "data_offsets": [begin, end]}  # fmt: skip


GOOD = file({"a": tensor(0, 4), "b": tensor(4, 8)}, bytes(8))


def test_the_file_that_the_attacks_are_made_of_is_data() -> None:
    assert scan(GOOD).verdict is Verdict.DATA


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("header_length", (2**63).to_bytes(8, "little") + b'{"a":1}'),
        ("header_length", (200_000_000).to_bytes(8, "little") + b'{"a":1}'),
        ("header_length", GOOD[:40]),
        ("json_malformed", file(b'{"a" 1}')),
        (
            "json_duplicate_key",
            file(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}'),
        ),
        ("json_too_deep", file(b'{"a":' + b"[" * 900 + b"]" * 900 + b"}")),
        ("json_too_deep", file(b'{"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}")),
        ("metadata_not_text", file({"__metadata__": {"a": 1}})),
        ("metadata_not_text", file({"__metadata__": []})),
        ("tensor_fields", file({"a": {**tensor(0, 1), "code": "import os"}}, b"1")),
        ("tensor_fields", file({"a": 3})),
        ("tensor_type_unknown", file({"a": tensor(0, 1, dtype="OBJECT")}, b"1")),
        ("tensor_shape", file({"a": tensor(0, 4, [-2, -2])}, bytes(4))),
        ("tensor_shape", file({"a": tensor(0, 4, [True, 4])}, bytes(4))),
        ("tensor_shape", file({"a": tensor(0, 4, [2.0, 2])}, bytes(4))),
        ("tensor_shape", file({"a": tensor(0, 4, [2**63])}, bytes(4))),
        ("tensor_offsets", file({"a": tensor(4, 0, [4])}, bytes(4))),
        ("tensor_offsets", file({"a": {**tensor(0, 4), "data_offsets": [0]}}, bytes(4))),
        ("tensor_size", file({"a": tensor(0, 4, [2**62, 2**62])}, bytes(4))),
        ("tensor_size", file({"a": tensor(0, 4, [4], "F32")}, bytes(4))),
        ("tensors_not_contiguous", file({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6))),
        ("tensors_not_contiguous", file({"a": tensor(0, 4), "b": tensor(5, 8)}, bytes(8))),
        ("tensors_and_size_differ", GOOD + b"hidden"),
        ("tensors_and_size_differ", GOOD[:-1]),
    ],
)
def test_a_broken_or_lying_header_blocks(code: str, data: bytes) -> None:
    found = scan(data, "model.safetensors")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_no_cut_of_the_file_passes() -> None:
    for end in range(9, len(GOOD)):
        assert scan(GOOD[:end], "model.safetensors").verdict is Verdict.INCONCLUSIVE, end


def test_a_template_in_the_metadata_is_read() -> None:
    hostile = {"chat_template": "{{ ''.__class__.__mro__ }}"}

    found = scan(file({"__metadata__": hostile}))

    assert codes(found) == {"template_reaches_python"}


def test_instructions_for_hydra_in_the_metadata_are_read() -> None:
    # As in NeMo and others, which instantiated what the metadata named.
    hostile = {"model_config": json.dumps({"_target_": "builtins.exec", "_args_": ["1"]})}

    found = scan(file({"__metadata__": hostile}))

    assert found.verdict is Verdict.UNSAFE
    assert is_dangerous(found)
