import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
import rfc8785

from approvals.models import PolicyRevision, PromotionPolicy
from approvals.records import SignatureRecord, VersionRecord
from approvals.subject import Subject, diff_subjects, subject_of
from tests.approvals.samples import AT, card, fact, facts, metric, report, tag, version

KEY = SignatureRecord(
    "ab" * 32, "aegis-release", "4", "cd" * 32, "ecdsa", "PEM", "{}", False, AT, None
)
AUDIT = report(kind="bias_audit", title="Bias audit", file_name="bias.json")
REPORT = report()
BEFORE = version(
    digest="ab" * 32,
    signature=KEY,
    cards=(card(3),),
    evidence=(REPORT, AUDIT),
    metrics=(metric("roc_auc", 0.88, REPORT.id),),
    facts=facts(licence="MIT", code_version="dd61a9b"),
    tags=(tag("bias_checked", AUDIT.id),),
)
THERE = version(number=6, digest="ef" * 32, stage="Production")


def policy(number: int = 6, name: str = "tier-1") -> PolicyRevision:
    return PolicyRevision(policy=PromotionPolicy(name=name), number=number, digest=f"{number:064x}")


def subject(
    made: VersionRecord = BEFORE,
    there: VersionRecord | None = THERE,
    policies: tuple[PolicyRevision, ...] = (policy(),),
) -> Subject:
    return subject_of(made, there, "Production", policies)


def test_the_subject_is_canonical_json_and_its_digest_is_of_its_bytes() -> None:
    made = subject()
    content = json.loads(made.body)
    assert made.body.encode() == rfc8785.dumps(content)
    assert made.digest == hashlib.sha256(made.body.encode()).hexdigest()
    assert content["format"] == 2
    assert content["replaces"] == {"id": str(THERE.id), "number": 6, "digest": "ef" * 32}
    assert content["artifact"]["signing_key"]["name"] == "aegis-release"
    assert {part.key for part in made.parts} == {
        "artifact",
        "scan",
        "card",
        "evidence",
        "metrics",
        "facts",
        "policies",
        "target",
        "replaces",
    }


def test_the_same_facts_in_another_order_are_the_same_subject() -> None:
    shuffled = replace(
        BEFORE,
        evidence=(AUDIT, REPORT),
        facts={"code_version": BEFORE.facts["code_version"], "licence": BEFORE.facts["licence"]},
    )
    assert subject(shuffled).digest == subject().digest


NEW_AUDIT = report(kind="bias_audit", title="Bias audit", file_name="bias-2.json")
CHANGES: list[tuple[Any, list[tuple[str, str]]]] = [
    (
        {"made": replace(BEFORE, cards=(card(4), card(3)))},
        [("card", "The model card changed from revision 3 to 4.")],
    ),
    (
        {"made": replace(BEFORE, evidence=(REPORT, NEW_AUDIT, replace(AUDIT, is_superseded=True)))},
        [
            ("evidence", "Bias audit (bias.json) was replaced by Bias audit (bias-2.json)."),
            ("evidence", "The tag bias_checked does not hold any more."),
        ],
    ),
    (
        {"made": replace(BEFORE, evidence=(REPORT, replace(AUDIT, outcome="fail")))},
        [
            ("evidence", "Bias audit (bias.json) fails now."),
            ("evidence", "The tag bias_checked does not hold any more."),
        ],
    ),
    (
        {"made": replace(BEFORE, evidence=(*BEFORE.evidence, report(title="a", file_name="a")))},
        [("evidence", "a was attached.")],
    ),
    (
        {"made": replace(BEFORE, metrics=(metric("roc_auc", 0.9, REPORT.id),))},
        [("metrics", "roc_auc on holdout@2026-02 changed from 0.88 to 0.9.")],
    ),
    (
        {"made": replace(BEFORE, metrics=(*BEFORE.metrics, metric("ece", 0.1)))},
        [("metrics", "The metric ece on holdout@2026-02 was recorded.")],
    ),
    (
        {
            "made": replace(
                BEFORE, facts={**BEFORE.facts, "licence": fact("licence", "GPL-3.0-only")}
            )
        },
        [("facts", "The fact licence was changed.")],
    ),
    (
        {"made": replace(BEFORE, tags=())},
        [("evidence", "The tag bias_checked does not hold any more.")],
    ),
    (
        {"made": replace(BEFORE, signature=replace(KEY, key_version="5"))},
        [("artifact", "The artifact is now signed by aegis-release, key version 5.")],
    ),
    (
        {"made": replace(BEFORE, risk_tier=2)},
        [("target", "The model is in risk tier 2 now; it was 1.")],
    ),
    (
        {"policies": (policy(7),)},
        [("policies", "The policy tier-1 is in revision 7 now; it was 6.")],
    ),
    (
        {"policies": (policy(1, "growth"),)},
        [
            ("policies", "The policy growth governs the move now."),
            ("policies", "The policy tier-1 does not govern the move any more."),
        ],
    ),
    ({"there": None}, [("replaces", "Production is empty now; v6 was.")]),
    (
        {"there": replace(THERE, id=BEFORE.id, number=5)},
        [("replaces", "v5 is in Production now; v6 was.")],
    ),
]


@pytest.mark.parametrize(("changed", "words"), CHANGES)
def test_every_change_is_another_subject_and_has_its_words(
    changed: Any, words: list[tuple[str, str]]
) -> None:
    before, after = subject(), subject(**changed)
    assert after.digest != before.digest
    found = diff_subjects(before.body, after.body)
    assert [(change.part, change.words) for change in found] == words


def test_what_decisions_are_not_about_does_not_change_the_subject() -> None:
    later = replace(
        BEFORE,
        stage="Staging",
        subject_revision=99,
        description="Other words",
        evidence=(*BEFORE.evidence, report(is_superseded=True)),
    )
    assert subject(later).digest == subject().digest
    assert diff_subjects(subject().body, subject(later).body) == []


def test_a_bare_version_has_a_subject_too() -> None:
    bare = subject(version(), None, ())
    said = {part.key: part.note for part in bare.parts}
    assert said["card"] == "none is published"
    assert said["artifact"] == "not signed"
    assert said["replaces"] == "no version"
    words = [
        change.words
        for change in diff_subjects(bare.body, subject(version(cards=(card(),)), None, ()).body)
    ]
    assert words == ["A model card was published, revision 1."]
