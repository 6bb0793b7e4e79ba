"""A file that its reader does not survive is inconclusive, and the others are scanned."""

import hashlib
import json
import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aegis.problems import Unavailable
from imports.scanning.limits import DEFAULT_LIMITS, MEBIBYTE, Limits
from imports.scanning.sandbox import Report, ScanInput, scan
from imports.scanning.verdicts import Verdict
from tests.imports.scanning.hostile import ATTACK, CANARY, FILES
from tests.imports.scanning.scanned import scanned

Put = Callable[..., ScanInput]
TORCH = Path(__file__).parent / "torch"

# Misbehaves at a file whose name says how, and scans the others as the real one does.
MISBEHAVING = """
import sys; sys.path[:0] = sys.argv[3:]
import json, os, signal, time
from imports.scanning import child, engine
real = engine.scan_file
def scan_file(stream, *, path, size, sha256, limits):
    if path == "dies": os._exit(3)
    if path == "crashes": os.abort()
    if path == "hangs": time.sleep(600)
    if path == "loops":
        while True: pass
    if path == "swells": kept = [bytearray(2**28) for _ in range(100)]
    if path == "mutters": os.write(int(sys.argv[1]), b"no json\\n")
    if path == "floods":
        while True: os.write(int(sys.argv[1]), b"x" * 65536)
    if path == "lies": path = "another"
    return real(stream, path=path, size=size, sha256=sha256, limits=limits)
engine.scan_file = scan_file
child.main()
"""


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(path: str, data: bytes = b"hello") -> ScanInput:
        file = tmp_path / path.replace("/", "-")
        file.write_bytes(data)
        return ScanInput(path, hashlib.sha256(data).hexdigest(), len(data), file)

    return write


def _verdicts(report: Report) -> dict[str, Verdict]:
    return {found.path: found.verdict for found in report.files}


def test_files_are_scanned_in_a_process_of_their_own(put: Put) -> None:
    asked = [put("notes.txt"), put("good.pkl", pickle.dumps([1])), put("bad.pkl", ATTACK)]
    seen: list[tuple[str, int]] = []
    report = scan(asked, progress=lambda path, done: seen.append((path, done)))
    assert _verdicts(report) == {
        "notes.txt": Verdict.DATA,
        "good.pkl": Verdict.KNOWN,
        "bad.pkl": Verdict.UNSAFE,
    }
    assert report.verdict is Verdict.UNSAFE
    assert [found.sha256 for found in report.files] == [each.sha256 for each in asked]
    assert [path for path, _ in seen] == ["notes.txt", "good.pkl", "bad.pkl"]
    assert {"memory", "processor", "writing"} <= set(report.isolation)
    assert not Path(CANARY).exists()


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("dies", "scan_died"),
        ("crashes", "scan_died"),
        ("hangs", "scan_too_long"),
        ("loops", "scan_died"),
        ("swells", "scan_died"),
        ("mutters", "scan_nonsense"),
        ("floods", "scan_nonsense"),
        ("lies", "scan_nonsense"),
    ],
)
def test_a_reader_that_fails_costs_its_file_only(put: Put, how: str, code: str) -> None:
    seconds = 5.0 if how == "hangs" else 120.0
    limits = Limits(seconds=seconds, cpu_seconds=5, memory_bytes=1024 * MEBIBYTE)
    asked = [put("before.txt"), put(how), put("after.pkl", pickle.dumps([1]))]
    report = scan(asked, limits=limits, program=MISBEHAVING)
    assert _verdicts(report) == {
        "before.txt": Verdict.DATA,
        how: Verdict.INCONCLUSIVE,
        "after.pkl": Verdict.KNOWN,
    }
    assert [finding.code for finding in report.files[1].findings] == [code]


def test_nothing_of_the_environment_and_no_open_file_reaches_the_reader(
    put: Put, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AEGIS_SECRET_KEY", "canary-secret")
    told = tmp_path / "told"
    told.touch()
    told.chmod(0o666)
    program = f"""
import sys; sys.path[:0] = sys.argv[3:]
import json, os
open({str(told)!r}, "w").write(json.dumps([dict(os.environ), os.listdir("/proc/self/fd")]))
from imports.scanning.child import main
main()
"""
    kept = (tmp_path / "secret").open("w")
    os.set_inheritable(kept.fileno(), True)
    scan([put("notes.txt")], program=program)
    environment, files = json.loads(told.read_text())
    kept.close()
    assert set(environment) <= {"PATH", "LANG", "HOME", "LC_CTYPE"}
    # Standard streams, the door, the file that is being written, and the listing itself.
    assert len(files) <= 6


def test_a_file_that_changed_or_is_none_is_inconclusive(put: Put, tmp_path: Path) -> None:
    grown, missing = put("grown.txt"), put("missing.txt")
    grown.filename_on_disk.write_bytes(b"hello, and more")
    missing.filename_on_disk.unlink()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    report = scan([grown, missing, ScanInput("pipe", "0" * 64, 0, pipe), put("good.txt")])
    assert [found.verdict for found in report.files] == [Verdict.INCONCLUSIVE] * 3 + [Verdict.DATA]
    assert {found.findings[0].code for found in report.files[:3]} == {
        "file_changed",
        "file_unreadable",
    }


def test_the_walls_keep_nothing_from_being_examined(put: Put) -> None:
    """Whatever a format needs to read is there: both scans find the same."""
    files = {**FILES, **{path.name: path.read_bytes() for path in TORCH.glob("*.p*")}}
    files |= {str(protocol): pickle.dumps({"ä": object}, protocol) for protocol in range(6)}
    report = scan([put(f"{number}.bin", data) for number, data in enumerate(files.values())])
    for number, (name, data) in enumerate(files.items()):
        here = scanned(data, f"{number}.bin", limits=DEFAULT_LIMITS)
        found = report.files[number]
        assert (found.findings, found.globals) == (here.findings, here.globals), name


def test_a_scanner_that_cannot_start_says_so(put: Put) -> None:
    with pytest.raises(Unavailable) as refused:
        scan([put("notes.txt")], program="import sys; sys.exit(1)")
    assert refused.value.code == "scanner_unavailable"


def test_what_progress_raises_ends_the_scan_and_its_process(put: Put) -> None:
    def lost(path: str, done: int) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        scan([put("notes.txt")], progress=lost)


def test_progress_is_called_while_a_file_takes_long(put: Put) -> None:
    seen: list[float] = []
    limits = Limits(seconds=12.0)
    scan(
        [put("hangs")],
        limits=limits,
        program=MISBEHAVING,
        progress=lambda *_: seen.append(time.monotonic()),
    )
    assert len(seen) >= 3
