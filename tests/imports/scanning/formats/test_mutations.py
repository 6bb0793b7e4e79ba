"""Bytes changed anywhere in a real file neither stop a scan nor hold it up, in any format."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.imports.scanning.formats.scanned import codes, scan

NAMES = [
    "plain.npy", "record.npy", "model.safetensors", "model.onnx", "model.gguf", "xgboost.ubj",
    "many.h5", "latest.h5", "table.parquet", "table.feather", "table.arrow", "lightgbm.txt",
    "xgboost.json", "tokenizer_config.json",
]  # fmt: skip
SECONDS = 10.0


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[str, float, bytes]]:
    """Draw what is done where: bytes put over others, put between them, or a cut."""
    kind = st.sampled_from(["over", "between", "cut"])
    some = st.binary(min_size=1, max_size=9) | st.sampled_from(
        [b"\xff" * 8, b"\x00" * 8, b"\xff" * 7 + b"\x7f", b"\x00\x00\x00\x80", b"[" * 2_000, b"\n"]
    )
    return draw(st.lists(st.tuples(kind, st.floats(0, 1), some), min_size=1, max_size=6))


def changed(data: bytes, steps: list[tuple[str, float, bytes]]) -> bytes:
    for kind, where, new in steps:
        place = int(where * len(data))
        behind = {"over": place + len(new), "between": place, "cut": len(data)}[kind]
        data = data[:place] + (b"" if kind == "cut" else new) + data[behind:]
    return data


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=changes())
def test_no_change_stops_a_scan_or_holds_it_up(
    real_files: Path, name: str, steps: list[tuple[str, float, bytes]]
) -> None:
    data = changed((real_files / name).read_bytes(), steps)
    began = time.monotonic()

    found = scan(data, name)

    assert "examination_failed" not in codes(found)
    assert time.monotonic() - began < SECONDS
