import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aegis.accounts.models import ApiToken, User
from aegis.accounts.people import set_active
from aegis.accounts.tokens import TokenRefused, create_token, revoke_token
from aegis.problems import Forbidden, Invalid, NotFound, Refusal
from imports.scanning.ruleset import ruleset
from registry.aliases import aliases_of, set_alias
from registry.evidence import claim_tag
from registry.hot_reads import version_for_token, version_for_user
from registry.lookup import get_model, resolve_version
from registry.models import ModelVersion, RegisteredModel
from registry.sharing import share
from registry.version_documents import document_of, documents_of
from registry.versions import create_version, mark_failed
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making

REFS = (
    *("1", "v2", "3", "4", "5", "0", "99999999999"),
    *("latest", "None", "development", "STAGING", "production", "Archived"),
    *("2.1.0", "DEV-next", "dev-other", "nothing", "RC-1"),
)
BAD_REFS = ("", "a b", "-x", "a\0b", "x" * 200)


def token_of(user: User, **further: Any) -> str:
    said: dict[str, Any] = {"scopes": ["read"], "lifetime": timedelta(days=1), **further}
    return create_token(actor=user, user=user, name="test", **said)[1]


@pytest.fixture
def models(cast: Cast, data_folder: Any) -> list[RegisteredModel]:
    """Models of every visibility, shared in every way, each with versions of every state."""
    readers = Group.objects.create(name="readers")
    cast.vera.groups.add(readers)
    made = [making.new_model(cast, "Open-One")]
    for name, shared_with in (
        ("hidden", {}),
        ("for-vera", {"user": cast.vera}),
        ("for-readers", {"group": readers}),
    ):
        made.append(making.new_model(cast, name, visibility="restricted"))
        if shared_with:
            share(made[-1], actor=cast.marc, role="viewer", **shared_with)
    for model in made:
        fill(model, cast)
    return made


def fill(model: RegisteredModel, cast: Cast) -> None:
    first = making.new_version(model, cast.mina, label="2.1.0")
    second = making.new_version(model, cast.mina)
    failed = create_version(model, actor=cast.mina, source=ModelVersion.Source.UPLOAD)
    mark_failed(failed, actor=None, code="digest_mismatch", reason="The bytes differ.")
    create_version(model, actor=cast.mina, source=ModelVersion.Source.UPLOAD, label="rc-1")
    set_alias(model, "dev-next", actor=cast.mina, version=first)
    set_alias(model, "dev-other", actor=cast.mina, version=second)


def outcome(act: Callable[[], Any]) -> Any:
    """Return what an act answers, or the code of its refusal."""
    try:
        return act()
    except Refusal as refusal:
        return refusal.status, refusal.code


def slowly(user: User | AnonymousUser, name: str, ref: str) -> tuple[str, int, str]:
    found = resolve_version(get_model(name, user=user), ref)
    return found.version.registered_model.name, found.version.number, str(found.found_by)


def quickly(text: str) -> tuple[str, int, str]:
    document = json.loads(text)
    return document["model"], document["number"], document["found_by"]


def test_the_statement_agrees_with_the_rule_for_everybody_and_every_ref(
    cast: Cast, models: list[RegisteredModel]
) -> None:
    answers = set()
    for user in User.objects.all():
        token = token_of(user)
        for name in (*(model.name for model in models), "OPEN-one", "absent", "a\0b"):
            for ref in REFS:
                expected = outcome(lambda: slowly(user, name, ref))  # noqa: B023 -- Called here.
                by_token = outcome(lambda: quickly(version_for_token(token, name, ref)))  # noqa: B023
                by_user = outcome(lambda: quickly(version_for_user(user, name, ref)))  # noqa: B023
                assert by_token == by_user == expected, (user, name, ref)
                answers.add(expected[-1])

    assert answers == {
        *("number", "stage", "latest", "alias", "label"),
        *("model_not_found", "version_not_found"),
    }


@pytest.mark.parametrize("ref", BAD_REFS)
def test_a_ref_that_nothing_could_have_is_refused_as_elsewhere(
    cast: Cast, models: list[RegisteredModel], ref: str
) -> None:
    refused(Invalid, "ref_invalid", version_for_token, token_of(cast.mina), "open-one", ref)
    refused(Invalid, "ref_invalid", version_for_user, cast.mina, "open-one", ref)


def test_people_who_are_not_signed_in_or_locked_see_nothing(
    cast: Cast, models: list[RegisteredModel]
) -> None:
    locked = set_active(cast.mina, actor=cast.ada, active=False)

    for user in (AnonymousUser(), locked):
        refused(NotFound, "model_not_found", version_for_user, user, "open-one", "1")


def test_a_token_that_lets_nobody_in_is_refused_before_anything_else(
    cast: Cast, models: list[RegisteredModel]
) -> None:
    plain = token_of(cast.mina)
    token = ApiToken.objects.get(digest=sha256(plain.encode()).hexdigest())

    for bad in ("", "aegis_unknown", "\udc80", f"{plain} "):
        for ref in ("1", "a b"):
            refused(TokenRefused, "token_unknown", version_for_token, bad, "open-one", ref)
    revoke_token(token, actor=cast.mina)
    refused(TokenRefused, "token_revoked", version_for_token, plain, "open-one", "1")

    other = token_of(cast.marc)
    set_active(cast.marc, actor=cast.ada, active=False)
    refused(TokenRefused, "account_inactive", version_for_token, other, "open-one", "1")


def test_an_expired_token_is_refused(cast: Cast, models: list[RegisteredModel]) -> None:
    plain = "aegis_expired"
    ApiToken.objects.create(
        user=cast.mina,
        name="old",
        prefix="",
        digest=sha256(plain.encode()).hexdigest(),
        scopes=["read"],
        expires_at=timezone.now() - timedelta(seconds=1),
    )

    refused(TokenRefused, "token_expired", version_for_token, plain, "open-one", "1")


def test_a_token_without_the_scope_reads_nothing(cast: Cast, models: list[RegisteredModel]) -> None:
    plain = token_of(cast.mina, scopes=["write"])

    for name in ("open-one", "absent"):
        refused(Forbidden, "token_scope", version_for_token, plain, name, "1")


def test_the_use_of_a_token_is_noted(cast: Cast, models: list[RegisteredModel]) -> None:
    plain = token_of(cast.mina)

    version_for_token(plain, "open-one", "1")

    noted = ApiToken.objects.get(digest=sha256(plain.encode()).hexdigest()).last_used_at
    assert noted is not None
    version_for_token(plain, "open-one", "1")
    again = ApiToken.objects.get(digest=sha256(plain.encode()).hexdigest()).last_used_at
    assert again == noted


def test_the_document_says_what_the_tables_say(cast: Cast, models: list[RegisteredModel]) -> None:
    model = models[0]
    making.edit_model(model, actor=cast.marc, tags={"domain": "crm"})
    version = ModelVersion.objects.get(registered_model=model, number=1)
    report = making.attach(version, cast.mina)
    claim_tag(version, actor=cast.mina, name="evaluated")

    document = json.loads(version_for_token(token_of(cast.mina), model.name, "1"))

    signature = version.signatures.get()
    assert document.pop("found_by") == "number"
    assert document == {
        "model": "Open-One",
        "number": 1,
        "label": "2.1.0",
        "description": "",
        "source": "upload",
        "state": "ready",
        "failure": None,
        "stage": "None",
        "stage_sequence": 0,
        "digest": version.digest,
        "size": version.size,
        "file_count": 2,
        "tags": {"domain": "crm"},
        "compliance_tags": ["evaluated"],
        "aliases": aliases_of(version),
        "artifact": {
            "layout": "seekable-1",
            "sha256": version.artifact.sha256,
            "size": version.artifact.size,
        },
        "signature": {
            "key_name": signature.key_name,
            "key_version": signature.key_version,
            "key_hint": signature.key_hint,
            "algorithm": signature.algorithm,
            "is_development": True,
            "signed_at": document["signature"]["signed_at"],
            "brought_by": None,
        },
        "scan": {
            "verdict": "data",
            "ruleset": ruleset(),
            "scanned_at": document["scan"]["scanned_at"],
            "quarantined": False,
        },
        "created_by": "mina",
        "created_at": document["created_at"],
        "ready_at": document["ready_at"],
        "quarantined_at": None,
        "recalled_at": None,
    }
    assert timezone.datetime.fromisoformat(document["ready_at"]) == version.ready_at
    making.attach(version, cast.mina, supersedes=report)
    assert document_of(version)["compliance_tags"] == []


def test_lists_have_the_same_documents_in_one_query(
    cast: Cast, models: list[RegisteredModel]
) -> None:
    versions = list(models[0].versions.order_by("-number"))

    with CaptureQueriesContext(connection) as queries:
        documents = documents_of(versions)

    assert len(queries) == 1
    assert [document["number"] for document in documents] == [4, 3, 2, 1]
    assert documents[1]["failure"] == {"code": "digest_mismatch", "reason": "The bytes differ."}
    for version, document in zip(versions, documents, strict=True):
        text = version_for_user(cast.mina, "open-one", str(version.number))
        assert {**document, "found_by": "number"} == json.loads(text)
    assert documents_of([]) == []


def test_the_statement_is_prepared_once_for_each_kind_of_ref(
    cast: Cast, models: list[RegisteredModel]
) -> None:
    plain = token_of(cast.mina)
    for ref in ("1", "2", "latest", "dev-next", "2.1.0", "none", "production"):
        outcome(lambda: version_for_token(plain, "open-one", ref))  # noqa: B023 -- Called here.

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%found_by%'"
        )
        (prepared,) = cursor.fetchone()

    assert prepared == 4
