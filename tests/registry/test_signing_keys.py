"""The list of signing keys: who keeps it, and what it never lets happen."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from aegis.problems import Conflict, Forbidden, Invalid
from registry.models import SigningKey, SigningKeyVersion
from registry.signing.configured import default_key
from registry.signing_keys import (
    add_key,
    edit_key,
    list_first_key,
    make_default,
    reinstate,
    retire,
)
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry.keys import compromise, new_key


def test_a_key_is_added_with_whom_it_signs_for(cast: Cast) -> None:
    since = last()
    key = add_key(
        actor=cast.ada,
        name="growth-sign",
        provider="vault",
        description="Growth's own.",
        teams=[cast.growth],
        risk_tiers=[2, 3, 2],
    )
    key.refresh_from_db()
    assert (key.transit_name, key.risk_tiers, key.is_default) == ("growth-sign", [2, 3], False)
    assert recorded(since) == [
        (
            "signing_key:added",
            str(key.pk),
            {
                "key": "growth-sign",
                "provider": "vault",
                "transit_name": "growth-sign",
                "teams": [str(cast.growth.pk)],
                "risk_tiers": [2, 3],
            },
        )
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "with space"}, "signing_key_name_form"),
        ({"name": ""}, "text_empty"),
        ({"name": "../../etc"}, "signing_key_name_form"),
        ({"provider": "paper"}, "signing_key_provider"),
        ({"transit_name": "a/b"}, "signing_key_name_form"),
        ({"risk_tiers": []}, "signing_key_tiers"),
        ({"risk_tiers": [4]}, "signing_key_tiers"),
        ({"risk_tiers": [True]}, "signing_key_tiers"),
        ({"description": "\x00"}, "text_control_character"),
    ],
)
def test_what_no_key_may_look_like(cast: Cast, changes: dict[str, object], code: str) -> None:
    said = {"actor": cast.ada, "name": "good", "provider": "vault", **changes}
    refused(Invalid, code, add_key, **said)


def test_a_name_is_used_once(cast: Cast) -> None:
    refused(
        Conflict,
        "signing_key_taken",
        add_key,
        actor=cast.ada,
        name="aegis-development",
        provider="vault",
    )


def test_only_administrators_keep_the_list(cast: Cast) -> None:
    key = new_key(cast, "second")
    for act, said in (
        (add_key, {"name": "third", "provider": "vault"}),
        (edit_key, {"key": key, "description": "", "teams": [], "risk_tiers": [1]}),
        (make_default, {"key": key}),
        (retire, {"key": key}),
        (reinstate, {"key": key}),
    ):
        for stranger in (cast.marc, cast.otto):
            refused(Forbidden, "administrators_only", act, actor=stranger, **said)


def test_the_default_moves_and_there_is_one_at_most(cast: Cast) -> None:
    first, second = default_key(), new_key(cast, "second")
    make_default(second, actor=cast.ada)
    assert default_key() == second
    first.refresh_from_db()
    first.is_default = True
    with pytest.raises(DatabaseError, match="one_default"), transaction.atomic():
        first.save()


def test_a_retired_key_is_never_the_default_and_can_come_back(cast: Cast) -> None:
    refused(Conflict, "signing_key_is_default", retire, default_key(), actor=cast.ada)
    second = new_key(cast, "second")
    retire(second, actor=cast.ada)
    refused(Conflict, "signing_key_retired", make_default, second, actor=cast.ada)
    reinstate(second, actor=cast.ada)
    assert make_default(second, actor=cast.ada).is_default


def test_a_compromised_key_does_not_become_the_default(cast: Cast) -> None:
    second = new_key(cast, "second")
    compromise(second, cast)
    refused(Conflict, "signing_key_compromised", make_default, second, actor=cast.ada)


def test_the_first_start_lists_the_key_of_the_settings(db: None, settings: Settings) -> None:
    settings.AEGIS_SIGNER, settings.AEGIS_SIGNING_KEY = "vault", "model-sign"
    made = list_first_key()
    assert made is not None
    assert (made.name, made.provider, made.transit_name) == ("model-sign", "vault", "model-sign")
    assert default_key() == made
    assert list_first_key() is None


def test_a_vault_takes_the_place_of_the_development_key(cast: Cast, settings: Settings) -> None:
    assert default_key().is_development
    settings.AEGIS_SIGNER, settings.AEGIS_SIGNING_KEY = "vault", "model-sign"
    list_first_key()
    assert default_key().name == "model-sign"
    assert SigningKey.objects.count() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "another"},
        {"provider": "vault", "transit_name": "x"},
        {"created_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"created_by": None},
    ],
)
def test_what_a_key_is_does_not_change(cast: Cast, changed: dict[str, object]) -> None:
    key = new_key(cast, "second")
    with pytest.raises(DatabaseError, match="does not change"):
        SigningKey.objects.filter(pk=key.pk).update(**changed)


@pytest.mark.parametrize("column", ["version", "public_key", "hint", "algorithm", "first_seen_at"])
def test_a_public_key_never_changes(cast: Cast, column: str) -> None:
    value = datetime(2026, 1, 1, tzinfo=UTC) if column == "first_seen_at" else "another"
    with pytest.raises(DatabaseError, match="does not change"):
        SigningKeyVersion.objects.update(**{column: value})


def test_compromised_stays_compromised_and_nothing_is_removed(cast: Cast) -> None:
    (marked,) = compromise(default_key(), cast)
    rows = SigningKeyVersion.objects.filter(pk=marked.pk)
    for changes in (
        {"compromised_at": None, "compromised_by": None, "compromised_reason": ""},
        {"compromised_reason": "Never mind."},
    ):
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            rows.update(**changes)
    for rows_of in (SigningKeyVersion.objects, SigningKey.objects):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows_of.all()._raw_delete("default")


def test_a_hint_is_that_of_its_public_key(cast: Cast) -> None:
    with pytest.raises(DatabaseError, match="not that of its bytes"):
        SigningKeyVersion.objects.create(
            key=default_key(), version="9", public_key="PEM", hint="0" * 64, algorithm="x"
        )
