import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import BLOCKED, codes, is_dangerous, scan

LAMBDA = json.dumps({"class_name": "Lambda", "config": {"function": ["x"]}})


def file(fill: Callable[[Any], object], **options: Any) -> bytes:
    written = io.BytesIO()
    with h5py.File(written, "w", **options) as opened:
        fill(opened)
    return written.getvalue()


def weights(opened: Any) -> None:
    opened.create_dataset("layers/dense/kernel", data=np.ones((4, 4)))
    opened.create_dataset("layers/dense/bias", data=np.ones(4))


def with_attribute(value: Any, name: str = "model_config") -> Callable[[Any], object]:
    return lambda opened: opened.attrs.__setitem__(name, value)


def externally_linked(opened: Any) -> None:
    opened["out"] = h5py.ExternalLink("/etc/passwd", "/")


def externally_stored(opened: Any) -> None:
    opened.create_dataset("x", (10,), "u1", external=[("/etc/passwd", 0, 10)])


def virtual(opened: Any) -> None:
    layout = h5py.VirtualLayout(shape=(10,), dtype="u1")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", shape=(10,))
    opened.create_virtual_dataset("x", layout)


GOOD = file(weights)


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"libver": ("v110", "v112")}])
def test_the_file_that_the_attacks_are_made_of_is_data(options: Any) -> None:
    assert scan(file(weights, **options), "weights.h5").verdict is Verdict.DATA


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}])
@pytest.mark.parametrize("value", [LAMBDA, LAMBDA.encode(), np.bytes_(LAMBDA)])
def test_a_lambda_is_found_in_every_kind_of_text(options: Any, value: Any) -> None:
    assert is_dangerous(scan(file(with_attribute(value), **options), "model.h5"))


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}])
@pytest.mark.parametrize("fill", [externally_linked, externally_stored, virtual])
def test_a_way_out_of_the_file_is_dangerous(fill: Callable[[Any], object], options: Any) -> None:
    found = scan(file(fill, **options), "weights.h5")

    assert (found.verdict, codes(found)) == (Verdict.UNSAFE, {"external_file"})
    assert is_dangerous(found)


def in_a_heap(opened: Any) -> None:
    for number in range(50):
        opened.attrs[f"a{number}"] = number
    opened.attrs["model_config"] = LAMBDA


def many_new_groups(opened: Any) -> None:
    for number in range(50):
        opened.create_group(f"group{number}")


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("attributes_not_read", file(in_a_heap, libver="latest")),
        ("links_not_read", file(many_new_groups, libver="latest")),
        ("attribute_not_text", file(with_attribute(np.arange(5)))),
        ("attribute_not_text", file(with_attribute(h5py.Empty("f")))),
        ("json_malformed", file(with_attribute("no JSON"))),
        ("json_duplicate_key", file(with_attribute('{"a":1,"a":2}'))),
        ("pytables", file(with_attribute("2.1", "PYTABLES_FORMAT_VERSION"))),
        ("user_block", bytes(512) + GOOD),
        ("trailing_bytes", GOOD + b"hidden"),
        ("truncated", GOOD[:-1]),
        ("version_unknown", GOOD[:8] + b"\x09" + GOOD[9:]),
        ("superblock", GOOD[:13] + b"\x04" + GOOD[14:]),
        ("superblock", GOOD[:24] + struct.pack("<Q", 8) + GOOD[32:]),
        ("driver", GOOD[:48] + struct.pack("<Q", 8) + GOOD[56:]),
        ("offset_out_of_bounds", GOOD[:64] + struct.pack("<Q", 2**63) + GOOD[72:]),
    ],
)
def test_what_cannot_be_read_blocks(code: str, data: bytes) -> None:
    found = scan(data, "model.h5")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_a_tree_that_leads_to_itself_ends() -> None:
    place = GOOD.index(b"SNOD")
    tree = GOOD.index(b"TREE")
    looped = bytearray(GOOD)
    looped[tree + 5] = 1
    looped[tree + 32 : tree + 40] = struct.pack("<Q", tree)

    assert place
    assert codes(scan(bytes(looped), "model.h5")) == {"tree_loops"}


def test_no_cut_of_the_file_passes() -> None:
    for end in range(8, len(GOOD), 7):
        assert scan(GOOD[:end], "model.h5").verdict in BLOCKED, end


def test_an_hdf5_file_behind_other_bytes_is_found(real_files: Path) -> None:
    # h5py looks for the signature at 512, 1,024 and so on, so that this opens as both formats.
    hidden = file(with_attribute(LAMBDA))
    header = json.dumps({"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}})
    size = len(hidden)
    header = header.replace("[0]", f"[{size}]").replace("[0, 0]", f"[0, {size}]")
    padded = header.ljust(1016).encode()

    found = scan(len(padded).to_bytes(8, "little") + padded + hidden, "model.safetensors")

    assert found.verdict in BLOCKED
    assert "user_block" in codes(found)
