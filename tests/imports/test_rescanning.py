"""Re-scans: planned when the rules changed, asked for by people, and what follows from them."""

import time
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from aegis.problems import Conflict, Forbidden, Unavailable
from imports.models import Rescan
from imports.rescan_claims import claim_rescan
from imports.rescanning import ask_for_rescan, plan_rescans, rescan
from imports.scanning.findings import FileFindings
from imports.scanning.reports import Report, ScanInput
from imports.scanning.ruleset import ruleset
from imports.scanning.sandbox import Progress
from registry.models import ModelVersion
from registry.readers import open_artifact, open_file
from registry.scans import latest_report
from registry.waiver_sweeping import sweep_waivers
from registry.waivers import approve_waiver, propose_waiver
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making, scanning

pytestmark = pytest.mark.django_db


class Looking:
    """A scanner that reads what it is given, and finds what it was told to find."""

    def __init__(self, version: ModelVersion, *named: FileFindings) -> None:
        self.seen: dict[str, bytes] = {}
        self.at_once = 0
        self._report = scanning.of_version(version, *named, ruleset=ruleset())

    def __call__(self, files: Iterable[ScanInput], *, progress: Progress) -> Report:
        for file in files:
            progress(file.path, 0)
            self.seen[file.path] = file.filename_on_disk.read_bytes()
            self.at_once = max(self.at_once, len(list(file.filename_on_disk.parent.iterdir())))
        return self._report


def outdated(version: ModelVersion) -> None:
    scanning.rescan(version, ruleset="aegis-0 test")


def job_of(version: ModelVersion) -> Rescan:
    return Rescan.objects.filter(version=version).latest("requested_at")


def test_what_other_rules_scanned_is_planned_once(version: ModelVersion) -> None:
    assert plan_rescans() == 0  # It was imported by the rules of now.
    outdated(version)

    assert plan_rescans() == 1
    assert plan_rescans() == 0
    assert job_of(version).requested_by is None


def test_what_is_newest_is_planned_first(cast: Cast, version: ModelVersion) -> None:
    newer = making.new_version(version.registered_model, cast.mina)
    for one in (version, newer):
        outdated(one)

    assert plan_rescans(at_once=1) == 1

    assert job_of(newer)
    assert not Rescan.objects.filter(version=version).exists()


def test_a_rescan_reads_each_file_out_of_the_package_and_leaves_nothing(
    version: ModelVersion, data_folder: Path
) -> None:
    outdated(version)
    plan_rescans()
    looking = Looking(version)

    rescan(job_of(version).pk, scanner=looking)

    assert looking.seen == making.FILES
    assert looking.at_once == 1
    assert making.stored(data_folder / "scans") == []
    job = job_of(version)
    assert (job.state, job.report) == ("done", latest_report(version))


def test_the_real_scanner_finds_what_it_found_before(version: ModelVersion) -> None:
    before = version.subject_revision
    outdated(version)
    version.refresh_from_db()
    plan_rescans()

    rescan(job_of(version).pk)

    report = latest_report(version)
    assert report is not None
    assert (report.verdict, report.ruleset) == ("data", ruleset())
    assert version.subject_revision >= before


def test_the_same_findings_change_nothing_but_the_time(cast: Cast, version: ModelVersion) -> None:
    outdated(version)
    job = ask_for_rescan(version, actor=cast.marc)
    before = version.subject_revision
    since = last()

    rescan(job.pk, scanner=Looking(version))

    version.refresh_from_db()
    assert version.subject_revision == before
    ((action, _, data),) = recorded(since)
    assert (action, data["changed"]) == ("version:scanned", False)


def test_a_version_that_turns_bad_is_held_back(cast: Cast, version: ModelVersion) -> None:
    job = ask_for_rescan(version, actor=cast.marc)

    rescan(job.pk, scanner=Looking(version, scanning.dangerous(version)))

    version.refresh_from_db()
    assert version.quarantined_at is not None


def test_one_worker_has_it_and_the_late_one_changes_nothing(
    cast: Cast, version: ModelVersion
) -> None:
    job = ask_for_rescan(version, actor=cast.marc)

    class Slow(Looking):
        def __call__(self, files: Iterable[ScanInput], *, progress: Progress) -> Report:
            found = super().__call__(files, progress=progress)
            Rescan.objects.filter(pk=job.pk).update(lease_until=timezone.now())
            rescan(job.pk, scanner=Looking(version))
            return found

    rescan(job.pk, scanner=Slow(version, scanning.dangerous(version)))

    version.refresh_from_db()
    assert version.quarantined_at is None
    assert claim_rescan(job.pk) is None


def test_what_is_away_is_tried_again_and_given_up_in_the_end(
    cast: Cast, version: ModelVersion
) -> None:
    job = ask_for_rescan(version, actor=cast.marc)

    def away(files: Iterable[ScanInput], *, progress: Progress) -> Report:
        raise Unavailable("scanner_away", "No process can be started.")

    for _ in range(5):
        rescan(job.pk, scanner=away)
        Rescan.objects.filter(pk=job.pk).exclude(lease_until=None).update(
            lease_until=timezone.now()
        )

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "scanner_away")
    assert plan_rescans() == 0


def test_only_maintainers_ask_and_only_once(cast: Cast, version: ModelVersion) -> None:
    refused(Forbidden, "permission_missing", ask_for_rescan, version, actor=cast.mina)
    since = last()
    job = ask_for_rescan(version, actor=cast.marc)
    assert recorded(since) == [
        ("scan:asked", str(version.pk), {"number": 1, "rescan": str(job.pk)})
    ]
    refused(Conflict, "rescan_under_way", ask_for_rescan, version, actor=cast.marc)


@pytest.mark.django_db(transaction=True)
def test_a_waiver_whose_date_has_passed_puts_the_version_back(
    cast: Cast, version: ModelVersion
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    until = timezone.now() + timedelta(seconds=2)
    waiver = propose_waiver(
        version, actor=cast.marc, path="config.json", reason="Fine.", expires_at=until
    )
    approve_waiver(waiver, actor=cast.rita, authenticated_at=timezone.now())
    assert sweep_waivers() == 0
    version.refresh_from_db()
    assert version.quarantined_at is None
    assert open_artifact(version, actor=cast.vera).size
    time.sleep(max(0, (until - timezone.now()).total_seconds() + 0.1))

    # Nothing is given out from the date on, whenever the sweep comes.
    for reader in (open_artifact, partial(open_file, path="config.json")):
        with pytest.raises(Conflict) as caught:
            reader(version, actor=cast.vera)
        assert caught.value.code == "scan_blocks"
    assert sweep_waivers() == 1

    version.refresh_from_db()
    assert version.quarantined_at is not None
    held = version.quarantines.get(lifted_at=None)
    assert held.sentence.startswith("The date of a waiver has passed. config.json: ")
    assert sweep_waivers() == 0
