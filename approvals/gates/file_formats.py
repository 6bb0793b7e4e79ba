"""The gate ``file_formats``: files are of formats that the policy allows, and whole.

Parameter: ``allowed``, a list of formats as scans name them. Without it every format is
allowed, and those that run code when they are loaded warn.
"""

import re
from collections import Counter
from typing import Any, Final

from aegis.sensitive.found import PERSONAL_DATA, SECRET_FOUND
from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, name_list, only_keys, refuse_parameter
from approvals.gates.malware_scan import not_scanned
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.scan_records import ScanRecord
from approvals.wording import counted, listed
from registry.scan_findings import Finding, ScannedFile

NAME: Final = "file_formats"
TITLE: Final = "File formats"
MOST_NAMED: Final = 3
MOST_KEPT: Final = 20
BETTER: Final = "safetensors, skops or ONNX"

_FORMAT: Final = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,39}")
_FIX: Final = Fix("scan", "Read the scan")


def read(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters in normal form, or raise ``Invalid``."""
    only_keys(NAME, parameters, "allowed")
    if "allowed" not in parameters:
        return {}
    allowed = name_list(NAME, parameters, "allowed")
    if odd := [name for name in allowed if not _FORMAT.fullmatch(name)]:
        raise refuse_parameter(
            NAME,
            f"{odd[0][:60]!r} is no format.",
            "Name formats as the scan of a version does, such as safetensors.",
        )
    return {"allowed": sorted(allowed)}


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:
    """Hold the formats that the scan recognised against the list, and look for oddities."""
    scan = facts.version.scan
    if scan is None:
        return not_scanned(NAME, TITLE, facts)
    allowed = parameters.get("allowed")
    others = [file for file in scan.files if allowed and not formats_of(file) <= set(allowed)]
    if others:
        return _not_allowed(facts, scan, others, allowed or [])
    pickles = [file for file in scan.files if file.is_pickle]
    odd = [file for file in scan.files if _oddities(file) and not file.blocks]
    return _warned(facts, scan, pickles, odd) if pickles or odd else _passed(scan)


def formats_of(file: ScannedFile) -> set[str]:
    """Return the formats that a file is of: more than one where its content reads as several."""
    return set(file.format.split("+"))


def _not_allowed(
    facts: GateInput, scan: ScanRecord, files: list[ScannedFile], allowed: list[str]
) -> GateOutcome:
    named = [f"{file.path} is {file.format}" for file in files[:MOST_NAMED]]
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        f"{counted(len(files), 'file')} of another format",
        f"The policy allows {listed(allowed)}: {listed(named)}{_more(files)}.",
        mend="Add a version in an allowed format, or change the policy.",
        who=f"{facts.contributors}; an administrator changes the policy",
        fix=Fix("version_add", "Add a version"),
        findings={**_counts(scan), "not_allowed": [file.path for file in files[:MOST_KEPT]]},
    )


def _warned(
    facts: GateInput, scan: ScanRecord, pickles: list[ScannedFile], odd: list[ScannedFile]
) -> GateOutcome:
    reasons = []
    if pickles:
        names = listed([file.path for file in pickles[:MOST_NAMED]])
        verb = "is a pickle" if len(pickles) == 1 else "are pickles"
        what = "it" if len(pickles) == 1 else "them"
        is_known = not any(file.blocks for file in pickles)
        also = f", though all that {'it names' if what == 'it' else 'they name'} is known"
        reasons.append(
            f"{names}{_more(pickles)} {verb}: loading {what} runs code{also if is_known else ''}."
        )
    reasons += [f"{file.path}: {_oddities(file)[0].sentence}" for file in odd[:MOST_NAMED]]
    if len(odd) > MOST_NAMED:
        reasons.append(f"{len(odd) - MOST_NAMED} more files are odd.")
    mends = [f"Save the model as {BETTER} in a new version."] if pickles else []
    if odd:
        mends.append("Write the odd files anew, so that they are what their names say.")
    summary = [counted(len(pickles), "pickle")] if pickles else []
    summary += [counted(len(odd), "odd file")] if odd else []
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.WARN,
        listed(summary),
        " ".join(reasons),
        mend=" ".join(mends),
        who=facts.contributors,
        fix=_FIX,
        findings={
            **_counts(scan),
            "pickles": [file.path for file in pickles[:MOST_KEPT]],
            "odd": [
                {"path": file.path, "code": finding.code, "place": finding.place}
                for file in odd[:MOST_KEPT]
                for finding in _oddities(file)[:MOST_NAMED]
            ],
        },
    )


def _passed(scan: ScanRecord) -> GateOutcome:
    counts = _counts(scan)["formats"]
    named = [f"{count} {name}" for name, count in counts.items()]
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.PASS,
        listed(named[:MOST_NAMED]) + (" and others" if len(named) > MOST_NAMED else ""),
        f"{counted(scan.file_count, 'file')}: {listed(named)}.",
        fix=_FIX,
        findings=_counts(scan),
    )


def _oddities(file: ScannedFile) -> list[Finding]:
    """Return what is odd about the file itself; what its text says is for the gate of secrets."""
    return [one for one in file.findings if one.code not in {SECRET_FOUND, PERSONAL_DATA}]


def _counts(scan: ScanRecord) -> dict[str, Any]:
    found = Counter(file.format for file in scan.files)
    return {"formats": dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))}


def _more(files: list[ScannedFile]) -> str:
    rest = len(files) - MOST_NAMED
    return f" and {rest} more" if rest > 0 else ""


def words(parameters: Parameters) -> str:
    """Say which formats are allowed."""
    if "allowed" in parameters:
        return listed(parameters["allowed"], "or")
    return "whole files, preferably of formats that hold data only"


GATE: Final = Gate(NAME, TITLE, read, check, words)
