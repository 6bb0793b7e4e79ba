"""The gate ``secrets``: no secret is in the files, the card or the facts; personal data warns.

It takes no parameters. Secrets are refused when a text comes in, so that what fails here was let
in by older rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from aegis.sensitive.found import PERSONAL_DATA, SECRET_FOUND, Found
from aegis.sensitive.personal_data import find_personal_data
from aegis.sensitive.secrets import find_secrets
from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, only_keys
from approvals.gates.malware_scan import not_scanned
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.records import VersionRecord
from approvals.scan_records import ScanRecord
from approvals.wording import counted, listed

NAME: Final = "secrets"
TITLE: Final = "Secrets"
MOST_NAMED: Final = 3
MOST_KEPT: Final = 20
CONTACTS: Final = "contacts"
"""The section of the card that is there to name people."""


@dataclass(frozen=True, slots=True)
class Place:
    """That something was found: ``where`` is a file's path, a section, a fact."""

    where: str
    said: str

    def __str__(self) -> str:
        return f"{self.where}: {self.said}"


def read(parameters: Parameters) -> dict[str, Any]:
    """Refuse every parameter."""
    only_keys(NAME, parameters)
    return {}


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:  # noqa: ARG001 -- A gate's signature.
    """Read what the scan found in files, and look through the card and the facts."""
    version, scan = facts.version, facts.version.scan
    if scan is None:
        return not_scanned(NAME, TITLE, facts)
    secrets = [*_in_files(scan, SECRET_FOUND), *_secrets_in_texts(version)]
    if secrets:
        return _failed(facts, secrets)
    personal = [*_in_files(scan, PERSONAL_DATA), *_personal_data(version)]
    return _warned(facts, personal) if personal else _passed(scan)


def _in_files(scan: ScanRecord, code: str) -> Iterator[Place]:
    for file in scan.files:
        for finding in file.findings:
            if finding.code == code:
                yield Place(file.path, finding.sentence)


def _secrets_in_texts(version: VersionRecord) -> Iterator[Place]:
    for where, name, text in _texts(version):
        found = find_secrets(text) or (find_secrets(f"{name} = {text}") if name else [])
        yield from (Place(where, _said(one)) for one in found)


def _personal_data(version: VersionRecord) -> Iterator[Place]:
    contacts = _section(CONTACTS)
    for where, _, text in _texts(version):
        if where != contacts:
            yield from (Place(where, _said(one)) for one in find_personal_data(text))
    for piece in version.current_evidence:
        for said in piece.findings.get("personal_data", ()):
            yield Place(piece.title, _said(Found(**said)))


def _texts(version: VersionRecord) -> Iterator[tuple[str, str, str]]:
    """Yield where a text stands, what it is the value of, and the text."""
    yield "Description", "", version.description
    for key, text in version.card.sections.items() if version.card else ():
        yield _section(key), "", text
    for fact in version.facts.values():
        if isinstance(fact.value, str):
            yield fact.name, "", fact.value
        elif isinstance(fact.value, dict):
            for key, value in fact.value.items():
                if isinstance(value, str):
                    yield f"{fact.name}.{key}", str(key), value


def _section(key: str) -> str:
    return f"Card, {key.replace('_', ' ')}"


def _said(one: Found) -> str:
    return f"{one.kind}, line {one.line}"


def _failed(facts: GateInput, places: list[Place]) -> GateOutcome:
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        f"{counted(len(places), 'secret')} found",
        f"{_named(places)} Whoever can read the version may have read it.",
        mend="Have the secret revoked where it is valid, then have it redacted here.",
        who=f"{facts.contributors}; two people redact",
        fix=Fix("scan", "Read where"),
        findings={"secrets": [str(place) for place in places[:MOST_KEPT]]},
    )


def _warned(facts: GateInput, places: list[Place]) -> GateOutcome:
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.WARN,
        f"{counted(len(places), 'hint')} of personal data",
        f"{_named(places)} No secret is among what was found.",
        mend="Take out what nobody needs to know, or approve knowing of it.",
        who=facts.contributors,
        fix=Fix("scan", "Read where"),
        findings={"personal_data": [str(place) for place in places[:MOST_KEPT]]},
    )


def _passed(scan: ScanRecord) -> GateOutcome:
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.PASS,
        "None found",
        f"No secret and no personal data was found in {counted(scan.file_count, 'file')}, "
        "the card and the facts.",
    )


def _named(places: list[Place]) -> str:
    rest = len(places) - MOST_NAMED
    further = f" and {rest} more" if rest > 0 else ""
    return f"{listed([str(place).rstrip('.') for place in places[:MOST_NAMED]])}{further}."


def words(parameters: Parameters) -> str:  # noqa: ARG001 -- A gate's signature.
    """Say what must hold."""
    return "no secret is in files, card or facts"


GATE: Final = Gate(NAME, TITLE, read, check, words)
