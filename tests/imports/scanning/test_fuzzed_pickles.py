"""Random programs never end a scan by an error, and pass only with globals that are on the list."""

import pickle
import pickletools
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from imports.scanning.limits import Limits
from imports.scanning.pickles.globals.known import known_use
from imports.scanning.verdicts import Verdict
from tests.imports.scanning.assembling import blob, lines, named, text
from tests.imports.scanning.hostile import ATTACK, CANARY
from tests.imports.scanning.scanned import scanned

LIMITS = Limits(seconds=60.0, opcodes=10_000)
CODES = st.sampled_from([opcode.code.encode("latin1") for opcode in pickletools.opcodes])
NAMES = st.sampled_from(
    [
        ("os", "system"), ("posix", "_exit"), ("builtins", "eval"), ("builtins", "set"),
        ("builtins", "list"), ("numpy", "dtype"), ("numpy", "ndarray"),
        ("copyreg", "_reconstructor"),
        ("numpy._core.multiarray", "_reconstruct"), ("collections", "OrderedDict"),
        ("sklearn.svm._classes", "SVC"), ("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ("torch._utils", "_rebuild_tensor_v2"), ("__main__", "Model"),
    ]
)  # fmt: skip
PARTS = st.one_of(
    CODES,
    NAMES.map(lambda name: named(*name)),
    NAMES.map(lambda name: lines(*name)),
    st.text(max_size=8).map(text),
    st.binary(max_size=8).map(blob),
    st.integers(0, 255).map(lambda number: bytes((ord("K"), number))),
    st.sampled_from([b"(", b")", b"}", b"]", b"N", b"R", b"\x81", b"b", b"t", b"\x94", b"h\x00"]),
)
PROGRAMS = st.lists(PARTS, max_size=40).map(b"".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)
RELAXED = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


@RELAXED
@given(program=PROGRAMS, protocol=st.integers(0, 5), ends=st.booleans())
def test_random_programs_pass_only_with_known_globals(
    program: bytes, protocol: int, ends: bool
) -> None:
    found = scanned(bytes((0x80, protocol)) + program + b"." * ends, limits=LIMITS)
    assert "examination_failed" not in {finding.code for finding in found.findings}
    if not found.verdict.blocks:
        for name in found.globals:
            module, _, last = name.rpartition(".")
            assert known_use(module, last) is not None, name
    assert not Path(CANARY).exists()


@RELAXED
@given(data=st.binary(max_size=400))
def test_random_bytes_never_end_a_scan(data: bytes) -> None:
    for start in (b"", b"\x80\x04", b"PK\x03\x04", b"\x1f\x8b", b"x\x9c", b"BZh91AY&SY"):
        found = scanned(start + data, limits=LIMITS)
        assert "examination_failed" not in {finding.code for finding in found.findings}


@RELAXED
@given(value=VALUES, protocol=st.integers(0, 5))
@example(value="x" * 3_000, protocol=0)
def test_every_pickle_of_plain_values_is_known(value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    assume(data[:1] == b"\x80" or len(data) > 12)
    found = scanned(data, limits=LIMITS)
    assert not found.verdict.blocks, found


@RELAXED
@given(value=VALUES, place=st.integers(0, 60), protocol=st.integers(2, 5))
def test_an_attack_anywhere_in_a_pickle_is_found(value: Any, place: int, protocol: int) -> None:
    data = pickle.dumps([value, value], protocol)
    boundaries = [position for _, _, position in pickletools.genops(data) if position]
    at = boundaries[place % len(boundaries)]
    assume(b"\x95" not in data)
    found = scanned(data[:at] + ATTACK[2:-1] + b"0" + data[at:], limits=LIMITS)
    assert found.verdict in {Verdict.UNSAFE, Verdict.INCONCLUSIVE}
    assert any(finding.is_dangerous for finding in found.findings)
