from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from pytest_django.fixtures import Settings

from aegis.accounts.people import create_person, join_accounts
from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from registry import makers
from registry.evidence import (
    KIND_OF_TAG,
    attach_evidence,
    attest,
    claim_tag,
    current_evidence,
    current_tags,
    outcome_of,
)
from registry.metric_definitions import define_default_metrics
from registry.models import Attestation, ComplianceTag, Evidence, Metric, ModelVersion
from registry.versions import create_version, mark_failed
from tests.aegis.sensitive.samples import SECRETS
from tests.cast import PASSWORD, Cast
from tests.recorded import last, recorded, refused
from tests.registry import making

AUDIT = {
    "format": "aegis.bias-audit/1",
    "dataset": {"name": "holdout", "version": "2026-10"},
    "comparisons": [
        {
            "attribute": "age",
            "measure": "recall",
            "limit": 0.05,
            "groups": [{"name": "<65", "value": 0.9}, {"name": ">=65", "value": 0.87}],
        }
    ],
    "produced_by": "audit job",
    "produced_at": "2026-11-20T09:14:00Z",
}


def review(version: ModelVersion, cast: Cast, **further: Any) -> Evidence:
    said = {
        "kind": "security_review",
        "title": "Security review",
        "file": making.file(b"%PDF-1.7 all is well", "review.pdf"),
        **further,
    }
    return attach_evidence(version, actor=cast.mina, **said)


def test_a_report_is_copied_hashed_and_read(
    cast: Cast, pending: ModelVersion, data_folder: Path
) -> None:
    since = last()

    evidence = making.attach(pending, cast.mina)

    assert (evidence.outcome, evidence.file_name) == ("pass", "report.json")
    assert evidence.media_type == "application/json"
    assert evidence.findings["reason"] == "2 finite metrics on holdout@2026-10."
    stored = data_folder / "artifacts" / evidence.key
    assert stored.stat().st_size == evidence.size
    metrics = Metric.objects.filter(version=pending).order_by("name")
    assert [(m.name, m.value, m.slice, m.dataset, m.sample_size) for m in metrics] == [
        ("accuracy", 0.94, "", "holdout@2026-10", 1200),
        ("f1", 0.89, "age>=65", "holdout@2026-10", None),
    ]
    assert {(m.source, m.evidence) for m in metrics} == {("report", evidence)}
    assert (metrics[0].interval_low, metrics[0].interval_level) == (0.92, 0.95)
    assert recorded(since) == [
        (
            "evidence:attached",
            str(evidence.pk),
            {
                "version": 1,
                "kind": "evaluation_report",
                "sha256": evidence.sha256,
                "outcome": "pass",
                "supersedes": None,
            },
        )
    ]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "selfie"}, "evidence_kind_unknown"),
    ({"title": " "}, "text_empty"),
    ({"title": "x" * 201}, "text_too_long"),
    ({"file": making.file(b"")}, "file_empty"),
    ({"file": making.file(b"{")}, "json_malformed"),
    ({"file": making.file(b"\xff\xfe")}, "json_not_utf8"),
    ({"file": making.file(b'{"format": "aegis.evaluation-report/1"}')}, "report_breaks_schema"),
    ({"file": making.file(making.report({"name": "f1", "value": "high"}))}, "report_breaks_schema"),
    ({"file": making.file(b'{"metrics": [{"value": NaN}]}')}, "json_number_not_finite"),
    ({"file": making.file(making.report(extra=1))}, "report_breaks_schema"),
    (
        {"file": making.file(making.report({"name": "accuracy", "value": 94, "unit": "%"}))},
        "metric_unit_differs",
    ),
    ({"file": making.file(making.report(), "a\0b.json")}, "text_control_character"),
]


@pytest.mark.parametrize(("further", "code"), BAD)
def test_bad_evidence_leaves_no_row_and_no_file(
    cast: Cast, pending: ModelVersion, data_folder: Path, further: dict[str, Any], code: str
) -> None:
    define_default_metrics()
    before = making.stored(data_folder)

    refused(Invalid, code, partial(making.attach, pending, cast.mina, **further))

    assert not Evidence.objects.exists()
    assert making.stored(data_folder) == before


def test_a_file_that_is_too_large_is_refused_while_it_comes_in(
    cast: Cast, pending: ModelVersion, settings: Settings
) -> None:
    settings.AEGIS_EVIDENCE_BYTES = 10

    class Endless:
        name = "endless"

        def chunks(self) -> Iterator[bytes]:
            while True:
                yield b"12345"

    refused(Invalid, "file_too_large", review, pending, cast, file=Endless())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/passwd", "passwd"),
        ("..\\..\\evil.pdf", "evil.pdf"),
        ("", "file"),
    ],
)
def test_the_name_of_a_file_is_its_last_part(
    cast: Cast, pending: ModelVersion, name: str, shown: str
) -> None:
    class Named:
        def __init__(self) -> None:
            self.name = name

        def chunks(self) -> list[bytes]:
            return [b"x"]

    assert review(pending, cast, file=Named()).file_name == shown


def test_a_refusal_of_the_verb_removes_the_file_again(
    cast: Cast, pending: ModelVersion, data_folder: Path
) -> None:
    first = review(pending, cast)
    review(pending, cast, supersedes=first)
    before = making.stored(data_folder)

    refused(Conflict, "evidence_superseded", review, pending, cast, supersedes=first)
    refused(Invalid, "supersedes_another_kind", making.attach, pending, cast.mina, supersedes=first)

    assert making.stored(data_folder) == before


def test_a_database_that_refuses_leaves_no_file(
    cast: Cast, pending: ModelVersion, data_folder: Path
) -> None:
    first = review(pending, cast)
    before = making.stored(data_folder)
    other = create_version(
        pending.registered_model, actor=cast.mina, source=ModelVersion.Source.UPLOAD
    )
    # The verb is told that it belongs to the version; the trigger knows better.
    first.version_id = other.pk

    with pytest.raises(DatabaseError):
        review(other, cast, supersedes=first)

    assert making.stored(data_folder) == before


@pytest.mark.parametrize(
    ("gap", "outcome", "reason"),
    [
        (0.03, "pass", "Every gap between groups keeps its limit."),
        (0.06, "fail", "The gap in recall by age is 0.06, more than its limit of 0.05."),
    ],
)
def test_a_bias_audit_is_judged_by_its_limits(
    cast: Cast, pending: ModelVersion, gap: float, outcome: str, reason: str
) -> None:
    groups = [{"name": "<65", "value": 0.9}, {"name": ">=65", "value": 0.9 - gap}]
    audit = {**AUDIT, "comparisons": [{**AUDIT["comparisons"][0], "groups": groups}]}  # type: ignore[dict-item,index]

    evidence = review(pending, cast, kind="bias_audit", file=making.file(audit))

    assert (evidence.outcome, evidence.findings["reason"]) == (outcome, reason)
    assert not Metric.objects.exists()


def test_somebody_else_attests_what_no_rule_can_judge(cast: Cast, pending: ModelVersion) -> None:
    evidence = review(pending, cast)
    assert outcome_of(evidence) == "unattested"
    since = last()

    attest(evidence, actor=cast.rita, verdict="pass", comment="I read it all.")

    (found,) = current_evidence(pending)
    assert (outcome_of(found), found.attestation.attested_by) == ("pass", cast.rita)
    assert recorded(since) == [
        (
            "evidence:attested",
            str(evidence.pk),
            {"version": 1, "kind": "security_review", "verdict": "pass"},
        )
    ]
    refused(
        Conflict, "already_attested", attest, evidence, actor=cast.remy, verdict="fail",
        comment="No.",
    )  # fmt: skip


def test_whoever_made_it_does_not_attest_it(cast: Cast, pending: ModelVersion) -> None:
    by_marc = attach_evidence(
        pending, actor=cast.marc, kind="load_check", title="Load", file=making.file(b"fine")
    )
    say = partial(attest, by_marc, verdict="pass", comment="Fine.")

    assert (
        "uploaded the version" in refused(Forbidden, "own_evidence", say, actor=cast.mina).sentence
    )
    assert (
        "attached the evidence" in refused(Forbidden, "own_evidence", say, actor=cast.marc).sentence
    )


def test_a_second_account_of_the_uploader_does_not_attest(
    cast: Cast, pending: ModelVersion
) -> None:
    twin = create_person(
        actor=cast.ada, username="mina2", name="Mina Two", email="m2@corp.example",
        password=PASSWORD,
    )  # fmt: skip
    join_accounts(twin, actor=cast.ada, first=cast.mina)
    twin.refresh_from_db()
    making.share(pending.registered_model, actor=cast.marc, role="reviewer", user=twin)
    evidence = review(pending, cast)

    refused(
        Forbidden, "own_evidence", attest, evidence, actor=twin, verdict="pass", comment="Fine."
    )


def test_upper_layers_name_further_makers(cast: Cast, pending: ModelVersion) -> None:
    evidence = review(pending, cast)

    @makers.adds_makers("asked for its promotion")
    def _asked(version: ModelVersion) -> list[Any]:
        return [cast.rita] if version == pending else []

    try:
        refusal = refused(
            Forbidden, "own_evidence", attest, evidence, actor=cast.rita, verdict="pass",
            comment="Fine.",
        )  # fmt: skip
    finally:
        makers._sources.pop()

    assert refusal.sentence == "You asked for its promotion, so you cannot attest it."


def test_what_cannot_be_attested(cast: Cast, pending: ModelVersion) -> None:
    read = making.attach(pending, cast.mina)
    evidence = review(pending, cast)
    refused(
        Conflict, "outcome_was_read", attest, read, actor=cast.rita, verdict="pass", comment="x"
    )
    say = partial(attest, evidence, actor=cast.rita)
    refused(Invalid, "verdict_unknown", say, verdict="maybe", comment="x")
    refused(Invalid, "text_empty", say, verdict="pass", comment=" ")
    review(pending, cast, supersedes=evidence)
    refused(Conflict, "evidence_superseded", say, verdict="pass", comment="x")
    assert not Attestation.objects.exists()


def test_who_may_attest(cast: Cast, pending: ModelVersion) -> None:
    evidence = review(pending, cast)
    say = partial(attest, evidence, verdict="pass", comment="Fine.")

    refused(Forbidden, "permission_missing", say, actor=cast.vera)
    refused(Forbidden, "service_cannot_attest", say, actor=cast.ci_growth)
    making.edit_model(pending.registered_model, actor=cast.marc, visibility="restricted")
    refused(NotFound, "model_not_found", say, actor=cast.stan)


def test_a_tag_rests_on_passing_evidence_of_its_kind(cast: Cast, pending: ModelVersion) -> None:
    making.attach(pending, cast.mina)
    checked = review(pending, cast)
    since = last()

    tag = claim_tag(pending, actor=cast.mina, name="evaluated")

    assert tag.evidence.kind == "evaluation_report"
    assert recorded(since) == [
        (
            "tag:claimed",
            str(tag.pk),
            {"version": 1, "name": "evaluated", "evidence": str(tag.evidence.pk)},
        )
    ]
    claim = partial(claim_tag, pending, actor=cast.mina)
    refused(Conflict, "tag_claimed", claim, name="evaluated")
    refused(Conflict, "tag_needs_evidence", claim, name="security_reviewed")
    refused(Conflict, "tag_needs_evidence", claim, name="security_reviewed", evidence=checked)
    refused(Conflict, "tag_needs_evidence", claim, name="validated", evidence=tag.evidence)
    refused(Invalid, "tag_unknown", claim, name="perfect")
    attest(checked, actor=cast.rita, verdict="pass", comment="Fine.")
    claim(name="security_reviewed", evidence=checked)
    assert {each.name for each in current_tags(pending)} == {"evaluated", "security_reviewed"}


def test_failed_evidence_carries_no_tag(cast: Cast, pending: ModelVersion) -> None:
    evidence = review(pending, cast)
    attest(evidence, actor=cast.rita, verdict="fail", comment="It is not.")

    refused(
        Conflict, "tag_needs_evidence", claim_tag, pending, actor=cast.mina,
        name="security_reviewed",
    )  # fmt: skip
    assert set(KIND_OF_TAG.values()) <= set(Evidence.Kind.values)


def test_a_tag_goes_with_the_evidence_that_carried_it(cast: Cast, pending: ModelVersion) -> None:
    first = making.attach(pending, cast.mina)
    claim_tag(pending, actor=cast.mina, name="evaluated")
    making.attach(pending, cast.mina, supersedes=first)

    assert list(current_tags(pending)) == []
    claim_tag(pending, actor=cast.mina, name="evaluated")
    assert ComplianceTag.objects.count() == 2


def test_evidence_of_another_version_carries_no_tag(cast: Cast, pending: ModelVersion) -> None:
    making.attach(pending, cast.mina)
    other = create_version(
        pending.registered_model, actor=cast.mina, source=ModelVersion.Source.UPLOAD
    )

    refused(
        Conflict, "tag_needs_evidence", claim_tag, other, actor=cast.mina, name="evaluated",
        evidence=Evidence.objects.get(),
    )  # fmt: skip


def test_only_contributors_attach_and_nothing_to_a_failed_version(
    cast: Cast, pending: ModelVersion, data_folder: Path
) -> None:
    before = making.stored(data_folder)
    for who in (cast.vera, cast.rita, cast.otto):
        refused(Forbidden, "permission_missing", making.attach, pending, who)
    mark_failed(pending, actor=None, code="x", reason="x")
    pending.refresh_from_db()
    refused(Conflict, "version_failed", making.attach, pending, cast.mina)
    assert making.stored(data_folder) == before


@pytest.mark.django_db(transaction=True)
def test_of_people_who_attest_at_once_one_is_first(
    cast: Cast, pending: ModelVersion, at_once: Callable[..., list[Any]]
) -> None:
    evidence = review(pending, cast)

    def say() -> str:
        try:
            return attest(evidence, actor=cast.rita, verdict="pass", comment="Fine.").verdict
        except Conflict as refusal:
            return refusal.code

    assert sorted(at_once(say, times=4)) == ["already_attested"] * 3 + ["pass"]


def test_a_secret_in_the_file_is_refused_with_its_place(cast: Cast, version: ModelVersion) -> None:
    content = f"Reviewed.\n{SECRETS['AWS Access Key']}\n".encode()
    with pytest.raises(Invalid, match="AWS Access Key, line 2") as caught:
        making.attach(version, cast.mina, kind="security_review", file=making.file(content))
    assert (caught.value.code, caught.value.field) == ("secret_found", "file")
    assert not Evidence.objects.exists()


def test_what_may_be_personal_is_kept_with_the_findings(cast: Cast, version: ModelVersion) -> None:
    content = b"Reviewed by\nann@acme.io\n"
    made = making.attach(version, cast.mina, kind="security_review", file=making.file(content))
    assert made.findings["personal_data"] == [{"line": 2, "kind": "e-mail address"}]
