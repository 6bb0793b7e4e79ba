"""A second opinion: what modelaudit-picklescan calls malicious.

It sees the opcodes and names of the pickle without its bytes: raw numbers hold by chance what
looks like a pickle, and joblib's arrays are none of its opcodes. Its other verdicts are not used:
which globals are known is decided by our list alone.
"""

from typing import Final

import modelaudit_picklescan

from imports.scanning.examination import Examination, LimitExceeded, Malformed, Scan
from imports.scanning.findings import Finding
from imports.scanning.pickles.arrays import load_array
from imports.scanning.pickles.globals.known import known_use
from imports.scanning.pickles.machine import Machine
from imports.scanning.pickles.reader import Reader
from imports.scanning.pickles.running import OPCODES, STOP
from imports.scanning.pickles.trace import Trace
from imports.scanning.pickles.values import UNKNOWN
from imports.scanning.sources import Source
from imports.scanning.verdicts import Verdict

# It needs time in the square of this; our own walk goes on to the end.
_MOST_OPCODES: Final = 30_000
_OPTIONS: Final = modelaudit_picklescan.ScanOptions(
    timeout_s=30.0, max_opcodes=2 * _MOST_OPCODES, post_budget_scan_bytes=0
)
# What it could not look into within its limits, which it calls critical as well.
_OWN_LIMITS: Final = frozenset({"S213", "S601", "S602"})
_LONGEST_LINE: Final = 200
_FRAME: Final = 0x95
_BUILD: Final = ord("b")
_EMPTY: Final = {
    ord("F"): b"K\0",
    ord("G"): b"G" + bytes(8),
    ord("I"): b"K\0",
    ord("L"): b"K\0",
    ord("S"): b"S''\n",
    ord("T"): b"U\0",
    ord("V"): b"V\n",
    ord("X"): b"X\0\0\0\0",
    0x8B: b"K\0",
    0x8D: b"\x8c\0",
}


class _Recorder(Reader):
    """A reader that remembers the bytes of one opcode, and whether some were passed over."""

    raw = b""
    has_skipped = False

    def take(self, count: int) -> bytes:
        data = super().take(count)
        self.raw += data
        return data

    def line(self) -> bytes:
        data = super().line()
        if len(data) > _LONGEST_LINE:
            self.has_skipped = True
        else:
            self.raw += data + b"\n"
        return data

    def skip(self, count: int) -> None:
        super().skip(count)
        self.has_skipped = True


def second_opinion(source: Source, scan: Scan) -> Examination:
    """Return a finding for each thing that the scanner calls critical in a malicious file."""
    report = modelaudit_picklescan.scan_bytes(
        _program(source, scan), source="", options=_OPTIONS, enrich_call_graph=False
    )
    if report.verdict is not modelaudit_picklescan.SafetyVerdict.MALICIOUS:
        return Examination()
    critical = modelaudit_picklescan.Severity.CRITICAL
    findings = {
        Finding.of(
            "picklescan",
            f"modelaudit-picklescan: {each.message}.",
            source.place,
            is_dangerous=True,
        )
        for each in report.findings
        if each.severity is critical and _is_about_content(each)
    }
    return Examination(Verdict.UNSAFE if findings else Verdict.DATA, tuple(findings))


def _is_about_content(finding: modelaudit_picklescan.Finding) -> bool:
    """Say whether a finding is about the pickle: not its own limits, nor what our list knows."""
    if finding.rule_code in _OWN_LIMITS:
        return False
    details = finding.details
    return known_use(str(details.get("module")), str(details.get("name"))) is None


def _program(source: Source, scan: Scan) -> bytes:
    """Return the opcodes of a pickle with all bytes and long texts emptied, without frames."""
    reader = _Recorder(source.stream, source.size)
    program = bytearray()
    machine = _machine(reader, scan)
    try:
        for _ in range(_MOST_OPCODES):
            reader.raw, reader.has_skipped = b"", False
            code = reader.take(1)[0]
            opcode = OPCODES[code]
            if code == STOP:
                program += b"."
                reader.end_frame()
                if reader.is_at_end:
                    break
                machine = _machine(reader, scan)
            elif opcode is None:
                break
            else:
                opcode(machine)
                program += _written(code, reader)
    except (Malformed, LimitExceeded):
        # What can be read up to here is looked at; the walk has said that there is more.
        return bytes(program)
    return bytes(program)


def _machine(reader: Reader, scan: Scan) -> Machine:
    return Machine(
        reader, Trace(""), scan, persistent_load=lambda *_: UNKNOWN, array_load=load_array
    )


def _written(code: int, reader: _Recorder) -> bytes:
    if code == _FRAME:
        return b""
    if code == _BUILD:
        # The bytes of an array were read with it.
        return b"b"
    return _EMPTY.get(code, b"C\0") if reader.has_skipped else reader.raw
