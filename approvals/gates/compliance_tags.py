"""The gate ``compliance_tags``: each required tag rests on evidence that holds now.

Parameter: ``required``, a list of tag names. A gap between groups that is near its limit in
the evidence is a warning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, name_list, only_keys, refuse_parameter
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.limits import Limit
from approvals.records import EvidenceRecord
from approvals.wording import counted, listed, number_words, percent
from registry.evidence import KIND_OF_TAG
from registry.models import Evidence

NAME: Final = "compliance_tags"
TITLE: Final = "Compliance tags"


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a tag does not count, what would mend it and who can."""

    tag: str
    reason: str
    mend: str
    who: str
    fix: Fix


def read(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters in normal form, or raise ``Invalid``."""
    only_keys(NAME, parameters, "required")
    required = name_list(NAME, parameters, "required")
    if unknown := [name for name in required if name not in KIND_OF_TAG]:
        raise refuse_parameter(
            NAME,
            f"there is no tag {unknown[0][:60]!r}.",
            f"The tags are {', '.join(KIND_OF_TAG)}.",
        )
    return {"required": sorted(required)}


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:
    """Look for each tag and the evidence under it."""
    required = parameters["required"]
    present = {tag.name: tag for tag in facts.version.current_tags}
    lacks = [_lack(facts, name) for name in required if name not in present]
    carried = [facts.version.evidence_by_id[present[n].evidence] for n in required if n in present]
    findings = {
        "required": required,
        "missing": [lack.tag for lack in lacks],
        "evidence": [piece.reference for piece in carried],
        "gaps": [gap for piece in carried for gap in _gaps(piece)],
    }
    if not lacks:
        return _complete(required, carried, findings)
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        f"{len(carried)} of {len(required)} tags, not {listed([lack.tag for lack in lacks])}",
        " ".join(lack.reason for lack in lacks),
        mend=" ".join(lack.mend for lack in lacks),
        who=lacks[0].who,
        fix=lacks[0].fix,
        findings=findings,
    )


def _complete(
    required: list[str], carried: list[EvidenceRecord], findings: dict[str, Any]
) -> GateOutcome:
    summary = f"{counted(len(required), 'tag')}, each with evidence"
    near = [gap for gap in findings["gaps"] if gap["status"] == Outcome.WARN]
    if near:
        named = listed([f"{gap['measure']} by {gap['attribute']}" for gap in near])
        return GateOutcome(
            NAME,
            TITLE,
            Outcome.WARN,
            f"{summary}, {named} near the limit",
            " ".join(gap["words"] for gap in near),
            mend="Each approver confirms to have read it, or a fairer version is registered.",
            who="The reviewers",
            findings=findings,
        )
    rests = [f"{name} rests on {one.title}." for name, one in zip(required, carried, strict=True)]
    return GateOutcome(NAME, TITLE, Outcome.PASS, summary, " ".join(rests), findings=findings)


def _gaps(piece: EvidenceRecord) -> Iterator[dict[str, Any]]:
    """Yield the gaps between groups that a report gives a limit; the ideal gap is none."""
    for said in piece.findings.get("comparisons", []):
        if said["limit"] is None:
            continue
        limit = Limit("max", said["limit"])
        share = limit.share_used(said["gap"], 0)
        used = f", uses {percent(share)} of its limit" if share is not None else ""
        yield {
            "attribute": said["attribute"],
            "measure": said["measure"],
            "gap": said["gap"],
            "limit": said["limit"],
            "status": limit.status(said["gap"], 0),
            "words": f"The gap in {said['measure']} by {said['attribute']} is "
            f"{number_words(said['gap'], unlike=said['limit'])}{used}, "
            f"{number_words(limit.left(said['gap']))} left.",
        }


def _lack(facts: GateInput, tag: str) -> Lack:
    kind = KIND_OF_TAG[tag]
    pieces = [piece for piece in facts.version.current_evidence if piece.kind == kind]
    if holding := [piece for piece in pieces if piece.holds]:
        return Lack(
            tag,
            f"{holding[0].title} passed, and nobody claimed {tag} by it.",
            f"Add the tag {tag}.",
            facts.contributors,
            Fix("tag_claim", f"Add {tag}", tag),
        )
    if waiting := [piece for piece in pieces if piece.outcome == "unattested"]:
        return _unattested(facts, tag, waiting[0])
    what = Evidence.Kind(kind).label.lower()
    reason = (
        f"{pieces[0].title} failed, so it does not carry {tag}."
        if pieces
        else f"The tag {tag} needs a {what}, and there is none."
    )
    return Lack(
        tag,
        reason,
        f"Attach a {'new ' if pieces else ''}{what} that passes, then add {tag}.",
        facts.contributors,
        Fix("evidence_attach", f"Attach a {what}", kind),
    )


def _unattested(facts: GateInput, tag: str, piece: EvidenceRecord) -> Lack:
    who = facts.others_than(piece.attached_by, facts.version.created_by)
    return Lack(
        tag,
        f"Nobody has attested {piece.title} yet.",
        f"Somebody who uploaded neither {facts.version.name} nor the file attests it; "
        f"then add {tag}.",
        f"{who}, or a reviewer",
        Fix("evidence_attest", "Ask to attest", str(piece.id)),
    )


def words(parameters: Parameters) -> str:
    """Say which tags are required."""
    return listed(parameters["required"])


GATE: Final = Gate(NAME, TITLE, read, check, words)
