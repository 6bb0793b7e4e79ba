"""What the database refuses about scans, quarantines and waivers to whoever speaks SQL as Aegis."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aegis.keys import new_key
from registry.models import ModelVersion, Quarantine, ScanWaiver
from registry.quarantine import quarantine
from registry.scan_findings import canonical
from registry.versions import mark_failed
from tests.approvals.attacks import at_commit, insert, refused, run
from tests.cast import Cast
from tests.registry import scanning
from tests.registry.scanning import rescan

pytestmark = pytest.mark.django_db


@pytest.fixture
def held_back(version: ModelVersion) -> ModelVersion:
    """A version of mina's in quarantine over one file that could be waived."""
    rescan(version, scanning.unknown(version))
    at_commit()
    return version


def insert_report(version: ModelVersion, *named: Any, **changes: Any) -> None:
    findings = changes.pop("findings", canonical(scanning.of_version(version, *named)))
    row = {
        "version_id": version.pk,
        "manifest_digest": version.digest,
        "ruleset": scanning.RULESET,
        "verdict": "unsafe" if named else "data",
        "findings": findings,
        "findings_digest": hashlib.sha256(findings.encode()).hexdigest(),
        "file_count": 2,
        "global_count": 0,
        "scanned_at": timezone.now(),
    }
    insert("registry_scanreport", row | changes)


def insert_waiver(version: ModelVersion, person: Any, **changes: Any) -> ScanWaiver:
    row = {
        "id": new_key(),
        "version_id": version.pk,
        "path": "config.json",
        "sha256": scanning.file(version).sha256,
        "ruleset": scanning.RULESET,
        "reason": "It is fine.",
        "expires_at": timezone.now() + timedelta(days=10),
        "proposed_by_id": person.pk,
        "proposed_at": timezone.now(),
    }
    insert("registry_scanwaiver", row | changes)
    return ScanWaiver.objects.get(pk=(row | changes)["id"])


def answer(waiver: ScanWaiver, person: Any, verdict: str = "approve", **changes: Any) -> None:
    row = {
        "waiver_id": waiver.pk,
        "verdict": verdict,
        "comment": "Because.",
        "answered_by_id": person.pk,
        "answered_at": timezone.now(),
        "authenticated_at": timezone.now(),
    }
    insert("registry_scanwaiveranswer", row | changes)


def insert_quarantine(version: ModelVersion, **changes: Any) -> None:
    row = {
        "id": new_key(),
        "version_id": version.pk,
        "cause": "bytes",
        "sentence": "One byte differs.",
        "opened_at": timezone.now(),
        "lifted_because": "",
    }
    insert("registry_quarantine", row | changes)


def lift(version: ModelVersion) -> None:
    run("UPDATE registry_quarantine SET lifted_at = now() WHERE version_id = %s", version.pk)


def test_a_report_is_what_its_digest_its_verdict_and_its_files_say(version: ModelVersion) -> None:
    bad = scanning.unknown(version)
    other = json.loads(canonical(scanning.of_version(version)))
    fewer, renamed = other[:1], [{**other[0], "path": "x"}, other[1]]
    changed = [{**other[0], "sha256": "0" * 64}, other[1]]

    with refused("not that of their bytes"):
        insert_report(version, findings_digest="0" * 64)
    with refused("the worst of its files: unsafe"):
        insert_report(version, bad, verdict="data")
    with refused("the worst of its files: data"):
        insert_report(version, verdict="unsafe")
    with refused("the worst of its files: inconclusive"):
        insert_report(version, findings=json.dumps([{**other[0], "verdict": "fine"}, other[1]]))
    with refused("about other files"):
        insert_report(version, manifest_digest="0" * 64)
    for files in (fewer, renamed, changed, [*other, other[0]]):
        with refused("about other files"):
            insert_report(version, findings=json.dumps(files))
    insert_report(version)


def test_no_report_stays_the_latest_by_its_number(version: ModelVersion) -> None:
    insert_report(version, id=10**15)
    insert_report(version, ruleset="later")
    assert [report.ruleset for report in version.scans.all()][:2] == ["later", scanning.RULESET]


def test_a_failed_version_is_not_scanned(pending: ModelVersion, version: ModelVersion) -> None:
    mark_failed(pending, actor=None, code="gone", reason="It is gone.")

    with refused("A failed version is not scanned"):
        insert_report(version, version_id=pending.pk)


def test_a_bad_report_leaves_no_version_at_large(version: ModelVersion) -> None:
    with refused("is in quarantine"):
        insert_report(version, scanning.unknown(version))
        at_commit()
    with refused("is in quarantine"):
        insert_report(version, scanning.unknown(version))
        insert_quarantine(version)  # For another cause.
        at_commit()

    insert_report(version, scanning.unknown(version))
    insert_quarantine(version, cause="scan")
    at_commit()


def test_a_version_is_in_quarantine_exactly_as_its_rows_say(held_back: ModelVersion) -> None:
    for moment in ("NULL", "now()", "quarantined_at + interval '1 hour'"):
        with refused("as its quarantines say"):
            run(f"UPDATE registry_modelversion SET quarantined_at = {moment}")
    insert_quarantine(held_back, opened_at=timezone.now() - timedelta(days=3))
    held_back.refresh_from_db()
    assert held_back.quarantined_at == Quarantine.objects.get(cause="bytes").opened_at


def test_no_version_is_put_in_quarantine_without_a_row(version: ModelVersion) -> None:
    with refused("as its quarantines say"):
        run("UPDATE registry_modelversion SET quarantined_at = now()")


def test_a_scan_quarantine_stays_while_the_scan_blocks(held_back: ModelVersion) -> None:
    with refused("No valid waiver covers"):
        lift(held_back)
    with refused("never removed|permission denied"):
        run("DELETE FROM registry_quarantine")
    with refused("does not change any more"):
        run("UPDATE registry_quarantine SET cause = 'bytes'")

    rescan(held_back)

    assert held_back.quarantined_at is None
    with refused("was lifted does not change"):
        run("UPDATE registry_quarantine SET lifted_at = NULL")


def test_a_quarantine_begins_open_and_once_for_each_cause(version: ModelVersion) -> None:
    with refused("begins open"):
        insert_quarantine(version, lifted_at=timezone.now())
    quarantine(version, cause="bytes", sentence="One byte differs.")
    with refused("one_open_quarantine"):
        insert_quarantine(version)


def _days(days: int) -> Callable[[], dict[str, Any]]:
    return lambda: {"expires_at": timezone.now() + timedelta(days=days)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (lambda: {"sha256": "0" * 64}, "nothing in this file that can be waived"),
        (lambda: {"ruleset": "aegis-0 test"}, "nothing in this file that can be waived"),
        (lambda: {"path": "model/weights.bin"}, "nothing in this file that can be waived"),
        (_days(-1), "at most 180 days"),
        (_days(181), "at most 180 days"),
        (lambda: {"reason": ""}, "registry_waiver_has_a_reason"),
    ],
)
def test_a_waiver_fits_the_latest_scan(
    cast: Cast, held_back: ModelVersion, changes: Callable[[], dict[str, Any]], words: str
) -> None:
    with refused(words):
        insert_waiver(held_back, cast.marc, **changes())
    insert_waiver(held_back, cast.marc)


def test_what_runs_a_program_has_no_waiver(cast: Cast, held_back: ModelVersion) -> None:
    waiver = insert_waiver(held_back, cast.marc)
    rescan(held_back, scanning.dangerous(held_back))

    with refused("nothing in this file that can be waived"):
        insert_waiver(held_back, cast.marc)
    with refused("does not fit the latest scan"):
        answer(waiver, cast.rita)


def test_an_agreed_waiver_covers_no_file_that_turned_dangerous(
    cast: Cast, held_back: ModelVersion
) -> None:
    answer(insert_waiver(held_back, cast.marc), cast.rita)
    lift(held_back)
    at_commit()

    with refused("is in quarantine"):
        insert_report(held_back, scanning.dangerous(held_back))
        at_commit()


@pytest.mark.parametrize(("name", "words"), [("mina", "uploaded"), ("ci_growth", "person's word")])
def test_who_proposes_nothing(cast: Cast, held_back: ModelVersion, name: str, words: str) -> None:
    with refused(words):
        insert_waiver(held_back, getattr(cast, name))


@pytest.mark.parametrize("name", ["marc", "mina", "ci_growth", "another of marc's", "locked"])
def test_one_person_is_not_two(cast: Cast, held_back: ModelVersion, name: str) -> None:
    waiver = insert_waiver(held_back, cast.marc)
    if name == "another of marc's":
        cast.vera.same_person_as = cast.marc
        cast.vera.save()
    if name == "locked":
        cast.remy.is_active = False
        cast.remy.save()
    person = {"another of marc's": cast.vera, "locked": cast.remy}.get(name) or getattr(cast, name)

    with refused("Somebody else than proposer and uploader|person's word"):
        answer(waiver, person)
    with refused("No valid waiver covers"):
        lift(held_back)

    answer(waiver, cast.rita)
    lift(held_back)


def test_an_approval_says_when_its_person_was_there(cast: Cast, held_back: ModelVersion) -> None:
    with refused("approved_by_somebody_present"):
        answer(insert_waiver(held_back, cast.marc), cast.rita, authenticated_at=None)


def test_a_waiver_is_answered_once_and_ended_after_that(
    cast: Cast, held_back: ModelVersion
) -> None:
    waiver = insert_waiver(held_back, cast.marc)
    with refused("Only a waiver that two people agreed on"):
        answer(waiver, cast.rita, "revoke")
    with refused("Only whoever proposed"):
        answer(waiver, cast.rita, "withdraw")
    answer(waiver, cast.rita, "decline")
    for verdict in ("approve", "decline", "withdraw"):
        with refused("answered already"):
            answer(waiver, cast.marc if verdict == "withdraw" else cast.remy, verdict)
    with refused("Only a waiver that two people agreed on"):
        answer(waiver, cast.rita, "revoke")


def test_an_ended_waiver_leaves_no_version_at_large(cast: Cast, held_back: ModelVersion) -> None:
    waiver = insert_waiver(held_back, cast.marc)
    answer(waiver, cast.rita)
    lift(held_back)
    at_commit()

    with refused("is in quarantine"):
        answer(waiver, cast.remy, "revoke")
        at_commit()
