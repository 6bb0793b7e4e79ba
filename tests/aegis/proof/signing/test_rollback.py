import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from aegis.proof.signing.bundle import sign_statement
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.rollback import (
    Rollback,
    rollback_statement,
    sign_rollback,
    verify_rollback,
)
from registry.signing.development import DevelopmentSigner

ROLLBACK = Rollback(
    model="churn",
    version=3,
    manifest_digest="a" * 64,
    transition="0198f0a2-7c11-7000-8000-000000000001",
    sequence=4,
    replaced=5,
    person="person-1",
    at=datetime(2026, 3, 12, 14, 18, tzinfo=UTC),
)


@pytest.fixture
def signer(tmp_path: Path) -> DevelopmentSigner:
    return DevelopmentSigner(tmp_path / "development.pem")


def test_the_statement_says_who_put_back_what_in_place_of_what() -> None:
    assert rollback_statement(ROLLBACK) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "churn@v3", "digest": {"sha256": "a" * 64}}],
        "predicateType": "urn:aegis:rollback:v1",
        "predicate": {
            "transition": ROLLBACK.transition,
            "sequence": 4,
            "target": "Production",
            "replaced": 5,
            "person": "person-1",
            "at": "2026-03-12T14:18:00.000000Z",
        },
    }


@pytest.mark.parametrize(
    "said",
    [
        ROLLBACK,
        replace(ROLLBACK, replaced=None),
        replace(ROLLBACK, at=ROLLBACK.at.astimezone(timezone(timedelta(hours=2)))),
    ],
)
def test_a_signed_rollback_is_read_as_it_was_said(
    signer: DevelopmentSigner, said: Rollback
) -> None:
    signed = sign_rollback(said, signer=signer)
    assert verify_rollback(signed.data, public_key_pem=signed.public_key_pem) == said


def test_a_changed_statement_is_refused(signer: DevelopmentSigner) -> None:
    signed = sign_rollback(ROLLBACK, signer=signer)
    value = json.loads(signed.data)
    payload = base64.b64decode(value["dsseEnvelope"]["payload"]).replace(b"churn", b"other")
    value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    with pytest.raises(Unverified) as refusal:
        verify_rollback(json.dumps(value).encode(), public_key_pem=signed.public_key_pem)
    assert refusal.value.code == "signature_invalid"


def test_the_statement_of_another_key_is_refused(signer: DevelopmentSigner, tmp_path: Path) -> None:
    signed = sign_rollback(ROLLBACK, signer=signer)
    stranger = DevelopmentSigner(tmp_path / "stranger.pem").public_keys()[0]
    with pytest.raises(Unverified) as refusal:
        verify_rollback(signed.data, public_key_pem=stranger.public_key_pem)
    assert refusal.value.code == "key_mismatch"


def predicate(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda said: {**said, "predicate": {**said["predicate"], **changes}}


@pytest.mark.parametrize(
    "change",
    [
        lambda said: {**said, "predicateType": "urn:aegis:promotion:v1"},
        lambda said: {**said, "subject": said["subject"] * 2},
        lambda said: {**said, "subject": [{"name": "churn", "digest": {"sha256": "a" * 64}}]},
        lambda said: {**said, "subject": [{"name": "churn@v3", "digest": {"sha256": "a"}}]},
        lambda said: {**said, "predicate": {}},
        predicate(target="Staging"),
        predicate(sequence="4"),
        predicate(replaced=0.5),
        predicate(person=None),
        predicate(at="2026-03-12T14:18:00"),
        predicate(at="yesterday"),
        predicate(further="word"),
    ],
)
def test_whoever_signed_it_a_statement_that_is_of_no_rollback_is_refused(
    signer: DevelopmentSigner, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    signed = sign_statement(change(rollback_statement(ROLLBACK)), signer=signer)
    with pytest.raises(Unverified) as refusal:
        verify_rollback(signed.data, public_key_pem=signed.public_key_pem)
    assert refusal.value.code == "statement_unexpected"
