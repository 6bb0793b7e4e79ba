"""Recording what scans found, and the quarantine that follows from it."""

import hashlib
import json

import pytest

from aegis.problems import Conflict
from imports.scanning.reports import Report
from registry.models import ModelVersion, Quarantine, ScanReport
from registry.quarantine import lift, open_quarantine, quarantine
from registry.scan_coverage import uncovered_paths
from registry.scan_findings import files_of
from registry.scans import latest_report, record_scan
from tests import recorded
from tests.cast import Cast
from tests.registry import scanning
from tests.registry.scanning import rescan

pytestmark = pytest.mark.django_db


def test_a_report_says_what_was_found_in_each_file_and_the_worst_of_it(
    version: ModelVersion,
) -> None:
    bad = scanning.unknown(version)

    report = rescan(version, bad)

    assert (report.verdict, report.ruleset) == ("unsafe", scanning.RULESET)
    assert (report.file_count, report.global_count) == (2, 2)
    assert report.manifest_digest == version.digest
    assert report.findings_digest == hashlib.sha256(report.findings.encode()).hexdigest()
    assert [file["path"] for file in json.loads(report.findings)] == [
        "config.json",
        "model/weights.bin",
    ]
    first, second = files_of(report)
    assert (first.path, first.blocks, first.can_be_waived) == ("config.json", True, True)
    assert first.globals == ("acme.Gate", "numpy.ndarray")
    assert first.reason == scanning.UNKNOWN.sentence
    assert (second.verdict, second.blocks) == ("data", False)
    assert latest_report(version) == report


def test_a_scan_that_finds_nothing_changes_nothing_but_the_time(version: ModelVersion) -> None:
    rescan(version)
    before = version.subject_revision
    since = recorded.last()

    report = rescan(version, ruleset="aegis-2 test")

    assert version.subject_revision == before
    assert version.quarantined_at is None
    assert recorded.recorded(since) == [
        (
            "version:scanned",
            str(version.pk),
            {
                "number": 1,
                "digest": version.digest,
                "ruleset": "aegis-2 test",
                "verdict": "data",
                "findings": report.findings_digest,
                "files": 2,
                "changed": False,
            },
        )
    ]


def test_other_findings_raise_the_subject_revision(version: ModelVersion) -> None:
    rescan(version)
    before = version.subject_revision

    rescan(version, scanning.unknown(version))

    assert version.subject_revision == before + 1


@pytest.mark.parametrize("kind", ["unknown", "dangerous", "unreadable"])
def test_what_blocks_puts_the_version_in_quarantine_and_says_why(
    version: ModelVersion, kind: str
) -> None:
    since = recorded.last()

    rescan(version, getattr(scanning, kind)(version))

    held = Quarantine.objects.get()
    assert (held.cause, held.opened_by, held.lifted_at) == ("scan", None, None)
    assert version.quarantined_at == held.opened_at
    assert held.sentence.startswith("config.json: ")
    assert recorded.recorded(since)[1] == (
        "version:quarantined",
        str(version.pk),
        {"number": 1, "cause": "scan", "quarantine": str(held.pk)},
    )
    assert uncovered_paths(version) == ["config.json"]


def test_a_later_scan_that_finds_nothing_lets_it_out_again(version: ModelVersion) -> None:
    rescan(version, scanning.unknown(version))
    since = recorded.last()

    rescan(version)

    assert version.quarantined_at is None
    held = Quarantine.objects.get()
    assert held.lifted_at is not None
    assert "found nothing" in held.lifted_because
    assert [action for action, _, _ in recorded.recorded(since)] == [
        "version:scanned",
        "version:quarantine_lifted",
    ]


def test_a_second_bad_scan_opens_no_second_quarantine(version: ModelVersion) -> None:
    rescan(version, scanning.unknown(version))

    rescan(version, scanning.dangerous(version))

    assert Quarantine.objects.count() == 1


def test_a_report_about_other_files_is_refused(version: ModelVersion) -> None:
    report = scanning.of_version(version)
    fewer = Report(report.ruleset, report.files[:1])

    recorded.refused(
        Conflict, "scan_of_other_files", record_scan, version, actor=None, report=fewer
    )

    assert ScanReport.objects.filter(ruleset=scanning.RULESET).count() == 0


def test_a_scan_quarantine_is_not_lifted_while_the_scan_blocks(
    cast: Cast, version: ModelVersion
) -> None:
    rescan(version, scanning.unknown(version))

    refusal = recorded.refused(
        Conflict, "scan_blocks", lift, version, cause="scan", sentence="Fine.", actor=cast.marc
    )

    assert refusal.details == {"paths": ["config.json"]}


def test_a_version_is_held_back_as_long_as_any_cause_is_open(
    cast: Cast, version: ModelVersion
) -> None:
    first = quarantine(version, cause="bytes", sentence="The package has another sha256.")
    rescan(version, scanning.unknown(version))
    rescan(version)
    assert version.quarantined_at == first.opened_at

    lift(version, cause="bytes", sentence="The package was put back.", actor=cast.marc)

    version.refresh_from_db()
    assert version.quarantined_at is None
    assert open_quarantine(version, "bytes") is None


def test_who_does_not_maintain_the_model_neither_quarantines_nor_lifts(
    cast: Cast, version: ModelVersion
) -> None:
    from aegis.problems import Forbidden

    said = {"cause": "bytes", "sentence": "No."}
    recorded.refused(Forbidden, "permission_missing", quarantine, version, actor=cast.mina, **said)
    quarantine(version, actor=cast.marc, **said)
    recorded.refused(Forbidden, "permission_missing", lift, version, actor=cast.rita, **said)


def test_quarantining_twice_changes_nothing(version: ModelVersion) -> None:
    first = quarantine(version, cause="bytes", sentence="One byte differs.")
    since = recorded.last()

    assert quarantine(version, cause="bytes", sentence="Another byte differs.") == first

    assert recorded.recorded(since) == []


def test_what_is_not_held_back_is_not_let_go(version: ModelVersion) -> None:
    recorded.refused(
        Conflict, "not_quarantined", lift, version, cause="bytes", sentence="It is fine."
    )
