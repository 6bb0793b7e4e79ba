"""The audit log on its page: who reads what, filters, pages, verification."""

import pytest

from aegis.audit.models import AuditEvent
from registry.models import ModelVersion
from tests.aegis.pages.reviewing.conftest import SignIn
from tests.approvals import making
from tests.cast import Cast

ENTRY = 'data-label="Entry">'


def test_auditors_read_everything_and_others_what_they_may_see(
    cast: Cast, version: ModelVersion, signed_in: SignIn
) -> None:
    making.new_model(cast, "secret-scorer", visibility="restricted")
    for who, sees_secret, sees_people in (
        (cast.otto, True, True),
        (cast.ada, False, True),
        (cast.mina, True, False),
        (cast.stan, False, False),
    ):
        client = signed_in(who)
        page = client.get("/audit/").content.decode()
        assert ("secret-scorer" in page) is sees_secret
        people = client.get("/audit/?action=user").content.decode()
        assert ("user:created" in people.partition("<tbody>")[2]) is sees_people
        hidden = client.get("/audit/?model=secret-scorer").content.decode()
        assert (ENTRY in hidden) is sees_secret


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=model:registered", 1),
        ("action=model", 2),
        ("action=model&actor=marc", 2),
        ("action=model&actor=mina", 0),
        ("action=version:ready&actor=aegis", 1),
        ("model=CHURN-predictor&action=version:ready", 1),
        ("since=2999-01-01", 0),
        ("until=2000-01-01", 0),
        ("action=model:registered&until=9999-12-31", 1),
        ("since=tomorrow", 0),
        ("actor=%00", 0),
        ("before=99999999999999999999999999", 0),
    ],
)
def test_filters_narrow_the_log(
    cast: Cast, version: ModelVersion, signed_in: SignIn, query: str, expected: int
) -> None:
    answer = signed_in(cast.otto).get(f"/audit/?{query}")
    assert answer.status_code == 200
    assert answer.content.decode().count(ENTRY) == expected


def test_pages_go_on_without_gap_or_repetition(
    cast: Cast, version: ModelVersion, signed_in: SignIn
) -> None:
    for note in range(30):
        making.write_card(version, cast.mina, str(note))
    client = signed_in(cast.otto)
    first = client.get("/audit/").content.decode()
    older = first.partition('" rel="next"')[0].rpartition('href="')[2]
    second = client.get(f"/audit/{older}").content.decode()
    assert first.count(ENTRY) == 50
    newer = second.partition('" rel="prev"')[0].rpartition('href="')[2].replace("&amp;", "&")
    assert client.get(f"/audit/{newer}").content.decode().count(ENTRY) == 50
    assert first.count(ENTRY) + second.count(ENTRY) == min(AuditEvent.objects.count(), 100)


def test_an_auditor_has_the_log_verified_and_reads_what_was_checked(
    cast: Cast, version: ModelVersion, signed_in: SignIn
) -> None:
    entries = AuditEvent.objects.count()
    page = signed_in(cast.otto).post("/audit/verify/").content.decode()
    assert f"All {entries} entries verified" in page
    assert "the stages of 1 versions" in page
    assert signed_in(cast.mina).post("/audit/verify/").status_code == 403
