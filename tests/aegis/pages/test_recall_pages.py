"""Recalling on a page, what the version's page says afterwards, and who fetched it."""

from collections.abc import Callable

import pytest
from django.test import Client

from aegis.accounts.models import User
from registry.downloads import note_download
from registry.models import ModelVersion
from registry.readers import Part
from tests.approvals import making as approving
from tests.cast import Cast

AsPerson = Callable[[User], Client]
PAGE = "/models/churn-predictor/versions/1/"


def text(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_a_recall_out_of_production_leads_to_the_rollback(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    approving.production_policy(cast)
    approving.write_card(version, cast.mina)
    version.refresh_from_db()
    approving.into_production(version, cast)
    note_download(version, actor=cast.vera, token=None)
    rita = as_person(cast.rita)
    assert f"{PAGE}recall/" in text(rita)
    asked = text(rita, f"{PAGE}recall/")
    assert "Production of churn-predictor becomes empty" in asked
    assert "Recall v1 and tell 1</button>" in asked
    assert str(cast.vera) in asked
    done = rita.post(f"{PAGE}recall/", {"reason": "It <leaks>."})
    assert (done.status_code, done["Location"]) == (302, "/models/churn-predictor/rollback/")
    page = text(rita)
    assert "v1 was recalled." in page
    assert "It &lt;leaks&gt;." in page
    assert "artifact/" not in page
    assert f"{PAGE}recall/" not in page
    assert rita.get(f"{PAGE}recall/").status_code == 409
    for lists_it in ("/", "/models/churn-predictor/", "/models/churn-predictor/versions/"):
        assert "Recalled" in text(rita, lists_it)


def test_a_recall_says_why(cast: Cast, version: ModelVersion, as_person: AsPerson) -> None:
    marc = as_person(cast.marc)
    again = marc.post(f"{PAGE}recall/", {"reason": " "})
    assert "Say why." in again.content.decode()
    version.refresh_from_db()
    assert version.recalled_at is None


@pytest.mark.parametrize(("who", "status"), [("marc", 200), ("otto", 200), ("mina", 403)])
def test_the_ledger_is_for_the_staff_and_auditors(
    cast: Cast, version: ModelVersion, as_person: AsPerson, who: str, status: int
) -> None:
    client = as_person(getattr(cast, who))
    assert client.get(f"{PAGE}downloads/").status_code == status
    assert (f"{PAGE}downloads/" in text(client)) == (status == 200)


def test_the_ledger_is_read_a_page_at_a_time(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    marc = as_person(cast.marc)
    assert "Nobody fetched it so far" in text(marc, f"{PAGE}downloads/")
    for number in range(101):
        path = f"file-{number:03}"
        note_download(version, actor=cast.vera, token=None, path=path, part=Part(0, 5))
    first = text(marc, f"{PAGE}downloads/")
    assert "1 account fetched it." in first
    assert "file-100" in first
    assert "file-000" not in first
    oldest = version.downloads.order_by("id")[1].pk
    assert f"?before={oldest}" in first
    assert "file-000" in text(marc, f"{PAGE}downloads/?before={oldest}")
    assert "file-100" in text(marc, f"{PAGE}downloads/?before=nonsense")
