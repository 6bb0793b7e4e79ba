"""Recalls, the ledger of downloads, the published list, and tokens for Production alone."""

from datetime import timedelta

import pytest
from django.test import Client

from aegis.accounts.models import User
from aegis.accounts.tokens import create_token
from aegis.proof.signing.revocations import verify_revocations
from imports.models import Import
from registry.aliases import set_alias
from registry.models import DownloadEvent, ModelVersion
from registry.revocations import publish
from registry.signing.configured import configured_signer
from registry.uploads import open_upload
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.approvals import making as approving
from tests.cast import Cast
from tests.registry import making as registering

VERSION = "models/churn-predictor/versions/1/"
REVOCATIONS = "/.well-known/aegis/revocations.json"


@pytest.fixture
def ready(cast: Cast, version: ModelVersion) -> ModelVersion:
    """A version that could be asked for."""
    approving.write_card(version, cast.mina)
    version.refresh_from_db()
    return version


def ledger() -> list[tuple[str, str, int | None, int | None]]:
    rows = DownloadEvent.objects.order_by("id").select_related("user")
    return [(row.user.username, row.path, row.offset, row.length) for row in rows]


def of_production(user: User) -> Api:
    _, plain = create_token(
        actor=user,
        user=user,
        name="deploy",
        scopes=["read"],
        lifetime=timedelta(days=1),
        production_only=True,
    )
    return Api(token=plain)


def test_every_answer_with_bytes_stands_in_the_ledger(
    cast: Cast, version: ModelVersion, by_token: Caller
) -> None:
    vera = by_token(cast.vera, "read")
    path = f"{VERSION}files/"
    first = vera.get(path).json["results"][0]["path"]
    tag = vera.get(f"{VERSION}artifact/").headers["ETag"]
    vera.get(f"{path}{first}", Range="bytes=1-2")
    assert ledger() == [("vera", "", None, None), ("vera", first, 1, 2)]
    for answer, status in (
        (vera.get(f"{VERSION}artifact/", If_None_Match=tag), 304),
        (vera.get(f"{path}{first}", Range="bytes=999999999-"), 416),
        (vera.send("HEAD", f"{VERSION}artifact/"), 200),
        (vera.get(f"{path}nothing"), 404),
        (Api().get(f"{VERSION}artifact/"), 401),
    ):
        assert answer.status == status
    assert len(ledger()) == 2


def test_the_ledger_is_for_the_staff_and_auditors(
    cast: Cast, version: ModelVersion, by_token: Caller
) -> None:
    by_token(cast.vera, "read").get(f"{VERSION}artifact/")
    for who in (cast.marc, cast.rita, cast.otto):
        (row,) = by_token(who, "read").get(f"{VERSION}downloads/").made(200)["results"]
        assert (row["user"], row["what"], row["token"]) == ("vera", "package", "test")
    assert by_token(cast.mina).get(f"{VERSION}downloads/").refused(403) == "permission_missing"


def test_a_recalled_version_is_given_out_by_no_way(
    cast: Cast, ready: ModelVersion, by_token: Caller
) -> None:
    approving.into_production(ready, cast)
    rita = by_token(cast.rita)
    made = rita.post(f"{VERSION}recall/", {"reason": "It leaks."}).made()
    assert (made["version"], made["stage"], made["recalled_by"]) == (1, "Production", "rita")
    assert made["roll_back_to"] == []
    document = rita.get(VERSION).made(200)
    assert document["stage"] == "Archived"
    assert document["recalled_at"][:19] == made["recalled_at"][:19]
    path = rita.get(f"{VERSION}files/").json["results"][0]["path"]
    for way in ("artifact/", f"files/{path}"):
        refused = rita.get(f"{VERSION}{way}")
        assert refused.refused(409) == "version_recalled"
        assert "It leaks." in refused.json["title"]
    assert rita.post(f"{VERSION}recall/", {"reason": "Again."}).refused(409) == "version_recalled"
    assert not ledger()


def test_what_can_be_rolled_back_to_is_offered(
    cast: Cast, ready: ModelVersion, by_token: Caller
) -> None:
    approving.into_production(ready, cast)
    second = approving.new_version(ready.registered_model, cast.mina)
    approving.into_production(second, cast)
    path = "models/churn-predictor/versions/production/recall/"
    made = by_token(cast.marc).post(path, {"reason": "It leaks."}).made()
    assert (made["version"], made["roll_back_to"]) == (2, [1])


def test_the_list_of_revocations_is_public(cast: Cast, version: ModelVersion) -> None:
    nobody = Api()
    assert nobody.get(REVOCATIONS).refused(503) == "revocations_unsigned"
    publish()
    answer = nobody.get(REVOCATIONS)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=60")
    key = configured_signer().public_keys()[-1].public_key_pem
    assert verify_revocations(answer.bytes, public_key_pem=key).number == 1
    assert nobody.get(REVOCATIONS, If_None_Match=answer.headers["ETag"]).status == 304
    assert Client().get(f"{REVOCATIONS}?model=churn").status_code == 400


def test_a_token_for_production_reads_nothing_else(cast: Cast, ready: ModelVersion) -> None:
    deploying = of_production(cast.mina)
    ways = ("", "?", "artifact/", "files/", "signature/", "card/", "evidence/")
    for way in ways:
        path = f"{VERSION}{way}"
        if way == "?":
            path = f"{VERSION}?cursor="
        assert deploying.get(path).refused(403) == "token_production_only", way
    assert deploying.get("models/churn-predictor/versions/").made(200)["results"] == []
    approving.into_production(ready, cast)
    by_stage = "models/churn-predictor/versions/production/"
    assert deploying.get(by_stage).made(200)["number"] == 1
    assert deploying.get(f"{by_stage}artifact/").status == 200
    listed = deploying.get("models/churn-predictor/versions/").made(200)["results"]
    assert [one["number"] for one in listed] == [1]
    assert ledger() == [("mina", "", None, None)]


def test_no_list_tells_a_token_for_production_of_other_versions(
    cast: Cast, ready: ModelVersion
) -> None:
    """Version 1 is in Production, version 2 is asked for, and everything of it stays unseen."""
    approving.into_production(ready, cast)
    second = registering.new_version(ready.registered_model, cast.mina)
    approving.write_card(second, cast.mina)
    opened = approving.ask(second, cast.mina)
    set_alias(ready.registered_model, "dev-first", actor=cast.mina, version=ready)
    set_alias(ready.registered_model, "dev-second", actor=cast.mina, version=second)
    upload = open_upload(actor=cast.mina)
    deploying, mina = of_production(cast.mina), Api.signed_in("mina")

    for path in ("promotions/", "imports/"):
        assert {row["version"] for row in mina.get(path).made(200)["results"]} == {1, 2}
        assert {row["version"] for row in deploying.get(path).made(200)["results"]} == {1}
    (promotion,) = deploying.get("promotions/").made(200)["results"]
    for way in ("", "subject/", "statement/", "comments/"):
        assert deploying.get(f"promotions/{promotion['number']}/{way}").status == 200
        path = f"promotions/{opened.number}/{way}"
        assert deploying.get(path).refused(404) == "request_not_found"
    job = Import.objects.get(version=second)
    assert deploying.get(f"imports/{job.number}/").refused(404) == "import_not_found"

    aliases = "models/churn-predictor/aliases/"
    assert [row["name"] for row in deploying.get(aliases).made(200)["results"]] == [
        "production",
        "dev-first",
    ]
    assert deploying.get(f"{aliases}dev-second/").refused(404) == "alias_not_found"
    (row,) = deploying.get("models/").made(200)["results"]
    assert (row["production"]["number"], row["staging"], row["latest"]) == (1, None, None)
    for path in ("audit/events/", "uploads/", f"uploads/{upload.pk}/"):
        assert mina.get(path).status == 200
        assert deploying.get(path).refused(403) == "token_production_only"


def test_a_token_for_production_only_reads(cast: Cast) -> None:
    mina = Api.signed_in("mina")
    asked = {"name": "deploy", "days": 3, "production_only": True}
    both = mina.post("tokens/", {**asked, "scopes": ["read", "write"]})
    assert both.refused(400) == "production_token_reads"
    made = mina.post("tokens/", {**asked, "scopes": ["read"]}).made()
    assert made["production_only"] is True
    assert mina.get("tokens/").made(200)["results"][0]["production_only"] is True


def test_a_token_for_production_makes_no_wider_one(cast: Cast) -> None:
    # It has no scope to write, so it makes none at all.
    made = of_production(cast.mina).post("tokens/", {"name": "x", "scopes": ["read"], "days": 1})
    assert made.refused(403) == "token_scope"
