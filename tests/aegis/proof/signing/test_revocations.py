import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aegis.proof.signing.bundle import sign_statement
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.revocations import (
    Revocations,
    Revoked,
    revocations_statement,
    sign_revocations,
    verify_revocations,
)
from registry.signing.development import DevelopmentSigner

AT = datetime(2026, 3, 12, 14, 18, tzinfo=UTC)
LIST = Revocations(
    number=3,
    issued_at=AT,
    expires_at=AT + timedelta(days=7),
    revoked=(Revoked("a" * 64, AT - timedelta(days=1)), Revoked("b" * 64, AT)),
)


@pytest.fixture
def signer(tmp_path: Path) -> DevelopmentSigner:
    return DevelopmentSigner(tmp_path / "development.pem")


def key_of(signer: DevelopmentSigner) -> str:
    return signer.public_keys()[-1].public_key_pem


def test_what_was_signed_is_what_is_read(signer: DevelopmentSigner) -> None:
    bundle = sign_revocations(LIST, signer=signer)
    said = verify_revocations(bundle.data, public_key_pem=key_of(signer))
    assert replace(said, revoked=tuple(said.revoked)) == LIST
    assert said.names("a" * 64)
    assert not said.names("c" * 64)


def test_the_order_of_recalls_changes_nothing() -> None:
    turned = replace(LIST, revoked=tuple(reversed(LIST.revoked)))
    assert revocations_statement(turned) == revocations_statement(LIST)


def test_an_empty_list_is_a_list(signer: DevelopmentSigner) -> None:
    bundle = sign_revocations(replace(LIST, revoked=()), signer=signer)
    assert list(verify_revocations(bundle.data, public_key_pem=key_of(signer)).revoked) == []


def test_another_key_is_refused(signer: DevelopmentSigner, tmp_path: Path) -> None:
    bundle = sign_revocations(LIST, signer=signer)
    other = DevelopmentSigner(tmp_path / "other.pem")
    with pytest.raises(Unverified) as caught:
        verify_revocations(bundle.data, public_key_pem=key_of(other))
    assert caught.value.code == "key_mismatch"


def changed(**predicate: Any) -> dict[str, Any]:
    statement = revocations_statement(LIST)
    return {**statement, "predicate": {**statement["predicate"], **predicate}}


@pytest.mark.parametrize(
    "statement",
    [
        {**changed(), "predicateType": "urn:aegis:promotion:v1"},
        changed(revoked=[]),
        changed(revoked="none"),
        changed(revoked=[{"manifest": {"sha256": "A"}, "recalledAt": "2026-03-12T14:18:00Z"}]),
        changed(number=True),
        changed(number="3"),
        changed(issuedAt="yesterday"),
        changed(expiresAt="2026-03-12T14:18:00"),
        {**changed(), "subject": []},
    ],
)
def test_a_statement_that_is_no_list_is_refused(
    signer: DevelopmentSigner, statement: dict[str, Any]
) -> None:
    bundle = sign_statement(json.loads(json.dumps(statement)), signer=signer)
    with pytest.raises(Unverified) as caught:
        verify_revocations(bundle.data, public_key_pem=key_of(signer))
    assert caught.value.code == "statement_unexpected"
