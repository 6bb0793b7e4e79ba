from typing import Any

import pytest

from aegis.problems import Invalid
from approvals.gates import GateOutcome, Outcome
from approvals.gates.compliance_tags import GATE
from approvals.records import EvidenceRecord, TagRecord
from tests.approvals.samples import COLLEAGUE, gate_input, report, tag, version

AUDIT = report(kind="bias_audit", title="Bias audit of March")
WANTED = {"required": ["bias_checked"]}


def judged(evidence: tuple[EvidenceRecord, ...], tags: tuple[TagRecord, ...] = ()) -> GateOutcome:
    return GATE.check(gate_input(version(evidence=evidence, tags=tags)), GATE.read(WANTED))


def test_a_tag_with_evidence_that_holds_passes() -> None:
    outcome = judged((AUDIT,), (tag("bias_checked", AUDIT.id),))
    assert outcome.outcome is Outcome.PASS
    assert outcome.reason == "bias_checked rests on Bias audit of March."
    assert outcome.findings["evidence"] == [AUDIT.reference]


@pytest.mark.parametrize(
    ("gap", "limit", "outcome"),
    [
        (0.082, 0.1, Outcome.WARN),
        (0.075, 0.1, Outcome.PASS),
        (0.1, 0.1, Outcome.WARN),
        (0.0, 0.0, Outcome.PASS),
        (0.082, None, Outcome.PASS),
    ],
)
def test_a_gap_near_its_limit_warns(gap: float, limit: float | None, outcome: Outcome) -> None:
    comparison = {
        "attribute": "age",
        "measure": "recall",
        "groups": {"over 65": 0.4, "under 65": 0.482},
        "gap": gap,
        "limit": limit,
    }
    audit = report(kind="bias_audit", findings={"comparisons": [comparison]})
    found = judged((audit,), (tag("bias_checked", audit.id),))
    assert found.outcome is outcome
    if gap == 0.082 and limit:
        assert found.summary == "1 tag, each with evidence, recall by age near the limit"
        assert found.reason == (
            "The gap in recall by age is 0.082, uses 82% of its limit, 0.018 left."
        )


@pytest.mark.parametrize(
    ("evidence", "tagged", "reason", "fix"),
    [
        (
            (),
            False,
            "The tag bias_checked needs a bias audit, and there is none.",
            ("evidence_attach", "bias_audit"),
        ),
        (
            (AUDIT,),
            False,
            "Bias audit of March passed, and nobody claimed bias_checked by it.",
            ("tag_claim", "bias_checked"),
        ),
        (
            (report(id=AUDIT.id, kind="bias_audit", title="Audit", is_superseded=True),),
            True,
            "The tag bias_checked needs a bias audit, and there is none.",
            ("evidence_attach", "bias_audit"),
        ),
        (
            (report(id=AUDIT.id, kind="bias_audit", title="Audit", outcome="fail"),),
            True,
            "Audit failed, so it does not carry bias_checked.",
            ("evidence_attach", "bias_audit"),
        ),
        (
            (report(id=AUDIT.id, kind="bias_audit", title="Audit", outcome="unattested"),),
            True,
            "Nobody has attested Audit yet.",
            ("evidence_attest", str(AUDIT.id)),
        ),
    ],
)
def test_a_tag_that_does_not_hold_fails_with_what_mends_it(
    evidence: tuple[EvidenceRecord, ...], tagged: bool, reason: str, fix: tuple[str, str]
) -> None:
    outcome = judged(evidence, (tag("bias_checked", AUDIT.id),) if tagged else ())
    assert outcome.outcome is Outcome.FAIL
    assert outcome.reason == reason
    assert outcome.fix is not None
    assert (outcome.fix.kind, outcome.fix.subject) == fix


def test_whoever_uploaded_or_attached_is_not_named_to_attest() -> None:
    waiting = report(kind="bias_audit", outcome="unattested")
    outcome = judged((waiting,))
    assert outcome.who == "Marc Delacroix (Growth), or a reviewer"
    by_marc = report(kind="bias_audit", outcome="unattested", attached_by=COLLEAGUE)
    assert "Somebody in Growth" in judged((by_marc,)).who


def test_a_tag_moves_on_to_the_evidence_that_took_its_place() -> None:
    old = report(kind="bias_audit", is_superseded=True)
    new = report(kind="bias_audit", title="Audit of April")
    outcome = judged((new, old), (tag("bias_checked", old.id),))
    assert outcome.reason == "Audit of April passed, and nobody claimed bias_checked by it."


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"required": []},
        {"required": ["bias-checked"]},
        {"required": ["evaluated", "evaluated"]},
        {"required": "evaluated"},
        {"tags": ["evaluated"]},
    ],
)
def test_parameters_that_mean_nothing_are_refused(parameters: Any) -> None:
    with pytest.raises(Invalid):
        GATE.read(parameters)
