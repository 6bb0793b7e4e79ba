"""The scan on the page of a version, its own page, and the waivers of two people."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from aegis.accounts.models import User
from aegis.pages.scan_view import groups_of
from imports.models import Rescan
from registry.models import ModelVersion, ScanWaiver
from registry.scan_findings import ScannedFile, files_of
from registry.scans import latest_report
from registry.waivers import propose_waiver
from tests.cast import PASSWORD, Cast
from tests.registry import scanning

AsPerson = Callable[[User], Client]
VERSION = "/models/churn-predictor/versions/1/"
SCAN = f"{VERSION}scan/"


def words_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def proposed(version: ModelVersion, cast: Cast) -> ScanWaiver:
    until = timezone.now() + timedelta(days=30)
    return propose_waiver(
        version, actor=cast.marc, path="config.json", reason="I read it.", expires_at=until
    )


def test_a_clean_version_says_so_with_its_rules(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    page = words_of(as_person(cast.vera), VERSION)

    assert "Data only: loading it runs nothing." in page
    assert "aegis-" in page
    assert "In quarantine" not in page


def test_a_version_in_quarantine_says_why_on_its_pages(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.dangerous(version))

    for address in (VERSION, SCAN):
        page = words_of(as_person(cast.vera), address)
        assert "In quarantine" in page
        assert "It calls posix.system, which runs a program." in page
    assert "That cannot be waived by anyone" in words_of(as_person(cast.marc), SCAN)


def test_the_x_ray_groups_what_a_pickle_imports(version: ModelVersion) -> None:
    bad = replace(
        scanning.dangerous(version), globals=("acme.Gate", "numpy.ndarray", "posix.system")
    )
    scanning.rescan(version, bad)
    report = latest_report(version)
    assert report is not None

    groups = groups_of(files_of(report)[0])

    assert [(group.standing, group.names) for group in groups] == [
        ("dangerous", ("posix.system",)),
        ("unknown", ("acme.Gate",)),
        ("known", ("numpy.ndarray",)),
    ]


def test_a_name_within_another_one_is_not_taken_for_it() -> None:
    file = ScannedFile("a", "0" * 64, 1, "pickle", "unsafe", (), ("os.system",), 0)

    assert [group.standing for group in groups_of(file)] == ["known"]


def test_files_are_filtered_by_their_verdict(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    client = as_person(cast.vera)

    assert "model/weights.bin" in words_of(client, SCAN)
    assert "model/weights.bin" not in words_of(client, f"{SCAN}?verdict=unsafe")
    assert "No file has this verdict" in words_of(client, f"{SCAN}?verdict=inconclusive")


def test_a_maintainer_has_it_scanned_again(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    answer = as_person(cast.marc).post(f"{SCAN}again/")

    assert (answer.status_code, answer["Location"]) == (302, SCAN)
    assert Rescan.objects.get().requested_by == cast.marc
    assert "Being scanned again" in words_of(as_person(cast.marc), VERSION)


def test_two_people_waive_a_file_in_the_browser(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    marc, rita = as_person(cast.marc), as_person(cast.rita)
    address = f"{SCAN}waivers/new/"
    assert "Propose a waiver" in words_of(marc, SCAN)
    until = (timezone.now() + timedelta(days=10)).date().isoformat()
    form = {"path": "config.json", "reason": "I read it.", "until": until}
    answer = marc.post(address, form)
    assert answer.status_code == 302
    waiver = ScanWaiver.objects.get()

    said = {"verdict": "approve", "comment": "So did I.", "password": PASSWORD}
    refused = rita.post(f"{SCAN}waivers/{waiver.pk}/", {**said, "password": "wrong"})
    version.refresh_from_db()
    assert (refused.status_code, version.quarantined_at is None) == (403, False)
    answer = rita.post(f"{SCAN}waivers/{waiver.pk}/", said)

    assert answer.status_code == 302
    version.refresh_from_db()
    assert version.quarantined_at is None
    page = words_of(rita, SCAN)
    assert "Marc Delacroix and Rita Sandoval waive it until" in page


def test_whoever_proposed_it_can_only_take_it_back(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    waiver = proposed(version, cast)
    address = f"{SCAN}waivers/{waiver.pk}/"
    marc = as_person(cast.marc)
    page = words_of(marc, address)
    assert "Take my proposal back" in page
    assert "Agree" not in page

    assert marc.post(address, {"verdict": "approve"}).status_code == 400
    assert marc.post(address, {"verdict": "withdraw"}).status_code == 302


def test_the_form_of_a_waiver_holds_a_day_that_browsers_read(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.unknown(version))

    page = as_person(cast.marc).get(f"{SCAN}waivers/new/?path=config.json").content.decode()

    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    assert f'type="date" name="until" value="{day}"' in page


def test_a_waiver_that_waits_is_shown_in_the_place_of_another_proposal(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    client = as_person(cast.marc)
    assert "or have two people waive it" in words_of(client, SCAN)
    proposed(version, cast)

    page = words_of(client, SCAN)

    assert "Propose a waiver" not in page
    assert "Marc Delacroix proposes it until" in page
    assert "wait for a second person to agree to the waiver" in page


def test_a_version_in_quarantine_says_who_can_add_another(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.dangerous(version))

    for person, words in ((cast.vera, "Ask whoever contributes to"), (cast.mina, "Add a version")):
        page = words_of(as_person(person), SCAN)
        assert re.search(f"Leave .* out. Nobody can waive it. {words}", page)


def test_whoever_cannot_answer_a_waiver_sees_who_can_and_no_form(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    address = f"{SCAN}waivers/{proposed(version, cast).pk}/"

    for person, has_form in ((cast.rita, True), (cast.vera, False)):
        page = words_of(as_person(person), address)
        assert ("Record my answer" in page) is has_form
        assert ("It waits for a reviewer or maintainer of the model" in page) is not has_form


def test_files_that_nobody_is_given_are_named_without_a_link(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client, link = as_person(cast.vera), f'href="/api/v1{VERSION}files/config.json"'
    pages = (VERSION, f"{VERSION}files/")
    assert all(link in client.get(address).content.decode() for address in pages)
    scanning.rescan(version, scanning.unknown(version))

    for address in pages:
        assert link not in client.get(address).content.decode()
        assert "config.json" in words_of(client, address)


def test_the_pages_cost_few_queries(
    cast: Cast,
    version: ModelVersion,
    as_person: AsPerson,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    proposed(version, cast)
    client = as_person(cast.marc)
    for address, most in ((VERSION, 12), (SCAN, 16)):
        client.get(address)
        with django_assert_max_num_queries(most):
            client.get(address)


def test_a_waiver_waits_in_the_inbox_of_a_second_person(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    scanning.rescan(version, scanning.unknown(version))
    proposed(version, cast)

    page = words_of(as_person(cast.rita), "/reviews/")
    assert "Waivers for you to answer" in page
    assert re.search("config.json.*Marc Delacroix.*I read it.", page)
    assert "1 need your review" in page
    assert "Waivers for you to answer" not in words_of(as_person(cast.marc), "/reviews/")


def test_lists_mark_what_is_in_quarantine(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.vera)
    assert "Quarantined" not in words_of(client, "/models/churn-predictor/versions/")
    scanning.rescan(version, scanning.unknown(version))

    for address in ("/models/churn-predictor/versions/", "/"):
        assert "Quarantined" in words_of(client, address)
