import struct

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import codes, is_dangerous, scan

STRING, ARRAY = 8, 9


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def tensor(name: str, shape: list[int], kind: int, offset: int) -> bytes:
    return (
        text(name)
        + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        + struct.pack("<IQ", kind, offset)
    )


def file(
    entries: tuple[bytes, ...] = (),
    tensors: tuple[bytes, ...] = (),
    *,
    data: bytes = b"",
    version: int = 3,
    counts: tuple[int, int] | None = None,
) -> bytes:
    count = counts or (len(tensors), len(entries))
    head = b"GGUF" + struct.pack("<IQQ", version, *count) + b"".join(entries + tensors)
    return head + bytes(-len(head) % 32) + data


GOOD = file(
    (entry("general.architecture", STRING, text("llama")),),
    (tensor("a", [8], 0, 0), tensor("b", [8], 0, 32)),
    data=bytes(64),
)


def test_the_file_that_the_attacks_are_made_of_is_data() -> None:
    assert scan(GOOD).verdict is Verdict.DATA


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("version_unknown", file(version=1)),
        ("version_unknown", file(version=0x03000000)),
        ("counts_too_large", file(counts=(2**63, 0))),
        ("counts_too_large", file(counts=(0, 2**63))),
        ("truncated", file(counts=(0, 3))),
        ("text_too_long", file((struct.pack("<Q", 2**63) + b"x",))),
        ("text_too_long", file((entry("a", STRING, struct.pack("<Q", 2**63)),))),
        ("truncated", file((entry("a", STRING, struct.pack("<Q", 5_000)),))),
        ("truncated", file((entry("a", ARRAY, struct.pack("<IQ", 4, 2**62)),))),
        ("truncated", file((entry("a", ARRAY, struct.pack("<IQ", STRING, 2**62)),))),
        ("metadata_type_unknown", file((entry("a", 99, b""),))),
        ("bool_out_of_range", file((entry("a", 7, b"\x02"),))),
        ("nested_too_deep", file((entry("a", ARRAY, struct.pack("<IQ", ARRAY, 1) * 50),))),
        ("text_not_utf8", file((entry("a", STRING, text(b"\xff\xfe")),))),
        ("duplicate_key", file((entry("a", 0, b"\0"), entry("a", 0, b"\1")))),
        ("alignment", file((entry("general.alignment", 4, struct.pack("<I", 0)),))),
        ("alignment", file((entry("general.alignment", 4, struct.pack("<I", 2**31)),))),
        ("duplicate_tensor", file((), (tensor("a", [8], 0, 0),) * 2, data=bytes(64))),
        ("tensor_shape", file((), (tensor("a", [8] * 5, 0, 0),), data=bytes(64))),
        ("tensor_shape", file((), (tensor("a", [2**32, 2**32], 0, 0),), data=bytes(64))),
        ("tensor_shape", file((), (tensor("a", [7], 8, 0),), data=bytes(64))),
        ("tensor_type_unknown", file((), (tensor("a", [8], 77, 0),), data=bytes(64))),
        ("tensor_not_aligned", file((), (tensor("a", [8], 0, 5),), data=bytes(64))),
        ("tensors_overlap",
         file((), (tensor("a", [16], 0, 0), tensor("b", [8], 0, 32)), data=bytes(64))),
        ("tensors_leave_hole", file((), (tensor("a", [8], 0, 64),), data=bytes(128))),
        ("tensor_out_of_bounds", file((), (tensor("a", [800], 0, 0),), data=bytes(64))),
        ("trailing_bytes", GOOD + bytes(64)),
        ("trailing_bytes", GOOD + b"x"),
    ],
)  # fmt: skip
def test_a_broken_or_lying_file_blocks(code: str, data: bytes) -> None:
    found = scan(data, "model.gguf")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_no_cut_of_the_file_passes() -> None:
    for end in range(4, len(GOOD)):
        assert scan(GOOD[:end], "model.gguf").verdict is Verdict.INCONCLUSIVE, end


@pytest.mark.parametrize(
    "key", ["tokenizer.chat_template", "tokenizer.chat_template.tool_use", "something.else"]
)
def test_a_hostile_template_is_dangerous_under_any_key(key: str) -> None:
    # CVE-2024-34359: llama-cpp-python rendered the template without a sandbox.
    hostile = "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}"

    found = scan(file((entry(key, STRING, text(hostile)),)))

    assert found.verdict is Verdict.UNSAFE
    assert is_dangerous(found)


def test_a_hostile_template_in_a_list_is_dangerous() -> None:
    hostile = (
        struct.pack("<IQ", STRING, 2)
        + text("fine")
        + text("{{ x.__globals__ }}{% if a %}{% endif %}")
    )

    found = scan(file((entry("tokenizer.chat_templates", ARRAY, hostile),)))

    assert is_dangerous(found)
