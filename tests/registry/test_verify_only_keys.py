"""Keys to verify only: listed by their public keys, taken over whole, and signing nothing here."""

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from aegis.audit.models import AuditEvent
from aegis.problems import Conflict, Forbidden, Invalid
from aegis.proof.signing.keys import pem_of
from registry.models import ModelVersion, RegisteredModel, SigningKey, SigningKeyVersion
from registry.pasted_keys import Pasted
from registry.published_keys import keys_document
from registry.resigning import sign_again
from registry.signing.configured import default_key, key_for, keys_for, signer_of
from registry.signing_keys import (
    add_key,
    edit_key,
    give_public_key,
    list_first_key,
    make_default,
    retire,
)
from registry.watching_keys import look, note_all
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry.client_keys import listed_to_verify, new_signer
from tests.registry.keys import compromise, new_key

pytestmark = pytest.mark.django_db


def private() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem() -> str:
    return pem_of(private())


def spelled(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    text: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    return text.decode()


def secret(
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8, password: bytes = b""
) -> str:
    hidden = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return private().private_bytes(serialization.Encoding.PEM, form, hidden).decode()


@pytest.fixture
def key(cast: Cast, tmp_path: Path) -> SigningKey:
    return listed_to_verify(cast, new_signer(tmp_path / "1.pem"))


def test_it_is_listed_with_its_public_keys_in_their_order(cast: Cast) -> None:
    since, pems = last(), {"9": pem(), "10": pem()}
    key = add_key(
        actor=cast.ada,
        name="ci-sign",
        provider="verify-only",
        teams=[cast.growth],
        public_keys=[Pasted("10", pems["10"].replace("\n", "\r\n")), Pasted("9", pems["9"])],
    )
    versions = list(key.versions.all())
    assert [(one.version, one.public_key) for one in versions] == list(pems.items())
    assert [(action, data.get("version")) for action, _, data in recorded(since)] == [
        ("signing_key:added", None),
        ("signing_key:public_key_given", "9"),
        ("signing_key:public_key_given", "10"),
    ]
    assert AuditEvent.objects.order_by("seq").last().actor_id == cast.ada.pk  # type: ignore[union-attr]  # Just recorded.
    published = [one for one in keys_document()["keys"] if one["is_verify_only"]]
    assert [(one["name"], one["version"], one["state"]) for one in published] == [
        ("ci-sign", "9", "active"),
        ("ci-sign", "10", "active"),
    ]


def test_a_rotation_adds_the_next_number_and_nothing_else(cast: Cast, key: SigningKey) -> None:
    second = give_public_key(key, actor=cast.ada, pasted=Pasted(" 2 ", f"\n{pem()}\n"))
    assert (second.version, key.versions.count()) == ("2", 2)
    for number in ("1", "2"):
        _refused(Conflict, "signing_key_version_order", key, cast, Pasted(number, pem()))
    _refused(Conflict, "signing_key_listed", key, cast, Pasted("3", second.public_key))
    refused(
        Conflict,
        "signing_key_listed",
        add_key,
        actor=cast.ada,
        name="twin",
        provider="verify-only",
        public_keys=[Pasted("1", second.public_key)],
    )
    _refused(Forbidden, "administrators_only", key, cast, Pasted("3", pem()), actor=cast.marc)
    compromise(key, cast)
    give_public_key(key, actor=cast.ada, pasted=Pasted("3", pem()))


PRIVATE = {
    "PKCS #8": secret(),
    "SEC 1": secret(serialization.PrivateFormat.TraditionalOpenSSL),
    "OpenSSH": secret(serialization.PrivateFormat.OpenSSH),
    "encrypted": secret(password=b"a long one"),
    "behind its public half": pem() + secret(),
    "JWK": '{"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "d": "ZA"}',
}


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_key_is_refused_and_nothing_of_it_stays(
    cast: Cast, key: SigningKey, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pasted = Pasted("2", PRIVATE[kind])
    refusal = _refused(Invalid, "public_key_is_private", key, cast, pasted)
    assert "has kept nothing of it" in refusal.sentence
    kept = PRIVATE[kind].splitlines()[-2 if len(PRIVATE[kind]) > 100 else 0]
    assert kept not in f"{refusal.in_full} {caplog.text} {pasted!r} {_everything_written()}"


OTHERS = {
    "P-384": (spelled(ec.generate_private_key(ec.SECP384R1())), "is_not_p256", "curve secp384r1"),
    "secp256k1": (spelled(ec.generate_private_key(ec.SECP256K1())), "is_not_p256", "secp256k1"),
    "RSA": (spelled(rsa.generate_private_key(65537, 2048)), "is_not_p256", "an RSA key"),
    "Ed25519": (spelled(ed25519.Ed25519PrivateKey.generate()), "is_not_p256", "for ECDSA"),
    "two": (pem() + pem(), "is_several", "more than one PEM"),
    "with words": ("Our key:\n" + pem(), "malformed", "no PEM"),
    "cut": (pem()[:100], "malformed", "no PEM"),
    "another point": (pem().replace("AQcDQgAE", "AQcDQgAEAAAA"), "malformed", "no PEM"),
    "certificate": (pem().replace("PUBLIC KEY", "CERTIFICATE"), "malformed", "no PEM"),
    "nothing": ("", "malformed", "no PEM"),
    "a number": (7, "malformed", "no PEM"),
    "a NUL": (pem().replace("\n", "\n\0", 1), "malformed", "no PEM"),
    "a surrogate": (pem().replace("M", "\ud800", 1), "malformed", "no PEM"),
    "endless": (pem().replace("==", "A" * 20_000), "malformed", "no PEM"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_public_key_of_p256_is_refused_by_a_sentence(
    cast: Cast, key: SigningKey, kind: str
) -> None:
    text, code, words = OTHERS[kind]
    refusal = _refused(Invalid, f"public_key_{code}", key, cast, Pasted("2", text))
    assert words in refusal.sentence


@pytest.mark.parametrize("number", ["", "0", "01", "-1", "1.5", "v2", "٢", "1234567890", 2, None])
def test_a_version_has_the_number_of_the_signer(
    cast: Cast, key: SigningKey, number: object
) -> None:
    _refused(Invalid, "signing_key_version_form", key, cast, Pasted(number, pem()))


def test_only_such_a_key_is_given_public_keys_and_it_needs_one(cast: Cast) -> None:
    said: dict[str, Any] = {"actor": cast.ada, "name": "x"}
    refused(Invalid, "public_key_missing", add_key, provider="verify-only", **said)
    for provider in ("vault", "development"):
        pasted = [Pasted("1", pem())]
        refused(
            Conflict, "signing_key_shown", add_key, provider=provider, public_keys=pasted, **said
        )
    _refused(Conflict, "signing_key_shown", default_key(), cast, Pasted("2", pem()))


def test_nothing_here_signs_with_it(
    cast: Cast, model: RegisteredModel, version: ModelVersion, key: SigningKey
) -> None:
    code = "signing_key_verify_only"
    assert key not in keys_for(model)
    refused(Conflict, code, key_for, model, name=key.name)
    refused(Conflict, code, make_default, key, actor=cast.ada)
    refused(Conflict, code, look, key, actor=cast.ada)
    refused(Conflict, code, signer_of, key)
    refusal = refused(Conflict, code, sign_again, version, actor=cast.marc, key=key.name)
    assert "listed to verify only" in refusal.sentence
    # Even where it is the only one whose team and tier fit.
    edit_key(default_key(), actor=cast.ada, description="", teams=[], risk_tiers=[3])
    refused(Conflict, "signing_key_not_for_tier", key_for, model)


def test_no_signer_is_asked_for_it(cast: Cast, key: SigningKey, settings: Any) -> None:
    note_all()
    assert key.versions.count() == 1
    settings.AEGIS_SIGNER, settings.AEGIS_SIGNING_KEY = "vault", key.name
    assert list_first_key() is None, "the settings' key has to be one that signs"
    assert not SigningKey.objects.get(pk=key.pk).is_default


def test_the_public_key_of_another_key_is_not_given_to_it(cast: Cast, key: SigningKey) -> None:
    second = new_key(cast, "second").versions.get()
    retire(second.key, actor=cast.ada)
    _refused(Conflict, "signing_key_listed", key, cast, Pasted("2", second.public_key))


def test_the_database_makes_no_default_of_it_and_gives_its_versions_in_order(
    cast: Cast, key: SigningKey
) -> None:
    SigningKey.objects.filter(is_default=True).update(is_default=False)
    for changes in ({"is_default": True}, {"provider": "vault"}, {"transit_name": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            SigningKey.objects.filter(pk=key.pk).update(**changes)
    give_public_key(key, actor=cast.ada, pasted=Pasted("10", pem()))
    for number in ("9", "10", "010", "x", "1e9"):
        with pytest.raises(DatabaseError, match="in their order"), transaction.atomic():
            _insert(key, number, pem())


@pytest.mark.parametrize("text", [secret(), OTHERS["P-384"][0], OTHERS["RSA"][0], pem() + pem()])
def test_the_database_keeps_public_keys_of_p256_alone(key: SigningKey, text: str) -> None:
    with pytest.raises(DatabaseError, match="registry_public_key_is_on_p256"):
        _insert(key, "2", text)


def _insert(key: SigningKey, number: str, text: str) -> None:
    """Write a version past all verbs, as the application's role can."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_signingkeyversion (id, key_id, version, public_key, hint, "
            "algorithm, first_seen_at, compromised_reason) VALUES (gen_random_uuid(), %s, %s, %s, "
            "encode(sha256(convert_to(%s, 'UTF8')), 'hex'), 'ecdsa-p256-sha256', %s, '')",
            [key.pk, number, text, text, timezone.now() + timedelta(seconds=1)],
        )


def _refused(
    kind: Any, code: str, key: SigningKey, cast: Cast, pasted: Pasted, **changes: Any
) -> Any:
    before = SigningKeyVersion.objects.count()
    said = {"actor": cast.ada, "pasted": pasted, **changes}
    refusal = refused(kind, code, give_public_key, key, **said)
    assert SigningKeyVersion.objects.count() == before
    return refusal


def _everything_written() -> str:
    rows = list(SigningKeyVersion.objects.values_list("public_key", flat=True))
    return json.dumps(rows + list(AuditEvent.objects.values_list("body", flat=True)))
