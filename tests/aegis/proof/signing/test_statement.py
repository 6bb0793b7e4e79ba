import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from aegis.problems import Invalid
from aegis.proof.signing.bundle import DEVELOPMENT_NOTICE
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.statement import (
    Approval,
    PolicyReference,
    Promotion,
    promotion_statement,
    sign_promotion,
    verify_promotion,
)
from registry.signing.development import DevelopmentSigner

AT = datetime(2026, 3, 12, 14, 18, tzinfo=UTC)
PROMOTION = Promotion(
    model="churn",
    version=7,
    manifest_digest="a" * 64,
    source="Staging",
    target="Production",
    request=214,
    subject_digest="b" * 64,
    requested_by="person-3",
    policies=[PolicyReference("production", 2, "c" * 64)],
    approvals=[Approval("person-2", "decision-2", AT), Approval("person-1", "decision-1", AT)],
)


@pytest.fixture
def signer(tmp_path: Path) -> DevelopmentSigner:
    return DevelopmentSigner(tmp_path / "development.pem")


def test_the_statement_says_who_approved_what_and_for_where() -> None:
    statement = promotion_statement(PROMOTION)
    assert statement["predicateType"] == "urn:aegis:promotion:v1"
    assert statement["subject"] == [{"name": "churn@v7", "digest": {"sha256": "a" * 64}}]
    assert statement["predicate"] == {
        "request": 214,
        "requestedBy": "person-3",
        "subject": {"sha256": "b" * 64},
        "from": "Staging",
        "target": "Production",
        "policies": [{"policy": "production", "revision": 2, "digest": "c" * 64}],
        "approvals": [
            {"person": "person-1", "decision": "decision-1", "at": "2026-03-12T14:18:00.000000Z"},
            {"person": "person-2", "decision": "decision-2", "at": "2026-03-12T14:18:00.000000Z"},
        ],
    }


def test_neither_order_nor_zone_changes_what_is_signed() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=2)))
    approvals = [replace(approval, at=elsewhere) for approval in reversed(PROMOTION.approvals)]
    assert promotion_statement(replace(PROMOTION, approvals=approvals)) == promotion_statement(
        PROMOTION
    )


def test_a_time_without_a_zone_is_refused() -> None:
    approvals = [replace(PROMOTION.approvals[0], at=AT.replace(tzinfo=None))]
    with pytest.raises(Invalid) as refusal:
        promotion_statement(replace(PROMOTION, approvals=approvals))
    assert refusal.value.code == "time_without_zone"


def test_a_signed_promotion_verifies_and_says_what_the_signer_is(signer: DevelopmentSigner) -> None:
    signed = sign_promotion(PROMOTION, signer=signer)
    statement = verify_promotion(signed.data, PROMOTION, public_key_pem=signed.public_key_pem)
    assert statement["predicate"]["aegis"] == {"notice": DEVELOPMENT_NOTICE}
    assert signed.is_development


@pytest.mark.parametrize(
    "other",
    [
        replace(PROMOTION, model="other"),
        replace(PROMOTION, version=8),
        replace(PROMOTION, manifest_digest="d" * 64),
        replace(PROMOTION, source="None"),
        replace(PROMOTION, target="Staging"),
        replace(PROMOTION, request=215),
        replace(PROMOTION, subject_digest="d" * 64),
        replace(PROMOTION, requested_by="person-1"),
        replace(PROMOTION, policies=[]),
        replace(PROMOTION, approvals=PROMOTION.approvals[:1]),
        replace(PROMOTION, approvals=[replace(PROMOTION.approvals[0], person="x")]),
    ],
)
def test_a_signature_holds_for_its_own_promotion_alone(
    signer: DevelopmentSigner, other: Promotion
) -> None:
    signed = sign_promotion(PROMOTION, signer=signer)
    with pytest.raises(Unverified) as refusal:
        verify_promotion(signed.data, other, public_key_pem=signed.public_key_pem)
    assert refusal.value.code == "statement_unexpected"


def test_a_changed_statement_is_refused(signer: DevelopmentSigner) -> None:
    signed = sign_promotion(PROMOTION, signer=signer)
    value = json.loads(signed.data)
    payload = base64.b64decode(value["dsseEnvelope"]["payload"]).replace(b"churn", b"other")
    value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    with pytest.raises(Unverified) as refusal:
        verify_promotion(
            json.dumps(value).encode(),
            replace(PROMOTION, model="other"),
            public_key_pem=signed.public_key_pem,
        )
    assert refusal.value.code == "signature_invalid"
