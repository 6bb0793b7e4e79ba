"""The versions of keys: noted with the first signature or look, refused where they changed."""

from dataclasses import replace

import pytest

from aegis.problems import Conflict, Unavailable
from aegis.proof.signing.bundle import sign_manifest, verify_manifest
from aegis.proof.signing.signer import SignatureResult
from registry.key_versions import note_key_versions
from registry.models import SigningKey
from registry.signing.listed import ListedSigner
from registry.signing_keys import add_key, retire
from registry.watching_keys import report_change
from tests.approvals.gates.test_signature import manifest
from tests.cast import Cast
from tests.fakes import RotatingSigner
from tests.recorded import last, recorded
from tests.registry.keys import compromise


@pytest.fixture
def key(cast: Cast) -> SigningKey:
    return add_key(actor=cast.ada, name="model-sign", provider="vault", transit_name="transit-name")


def test_a_signature_notes_the_version_that_made_it(key: SigningKey) -> None:
    signer = RotatingSigner()
    listed = ListedSigner(key, signer)
    since = last()
    first = sign_manifest(manifest(), name="churn", number=1, signer=listed)
    again = sign_manifest(manifest(), name="churn", number=1, signer=listed)
    assert (first.key_name, first.key_version) == ("model-sign", "1")
    assert first.key_hint == again.key_hint
    assert recorded(since) == [
        (
            "signing_key:version_noted",
            str(key.pk),
            {"key": "model-sign", "version": "1", "hint": first.key_hint},
        )
    ]


def test_after_a_rotation_old_signatures_verify_with_their_own_version(key: SigningKey) -> None:
    signer = RotatingSigner()
    listed = ListedSigner(key, signer)
    old = sign_manifest(manifest(), name="churn", number=1, signer=listed)
    signer.rotate()
    new = sign_manifest(manifest(), name="churn", number=1, signer=listed)
    assert [new.key_version, old.key_version] == ["2", "1"]
    pems = {one.version: one.public_key for one in key.versions.all()}
    assert verify_manifest(old.data, manifest(), public_key_pem=pems["1"])
    assert verify_manifest(new.data, manifest(), public_key_pem=pems["2"])
    with pytest.raises(Conflict, match="another key"):
        verify_manifest(old.data, manifest(), public_key_pem=pems["2"])


def test_a_public_key_that_changes_under_a_known_version_is_refused(key: SigningKey) -> None:
    signer = RotatingSigner()
    note_key_versions(key, public_keys=signer.public_keys())
    replaced = RotatingSigner()
    for act in (
        lambda: note_key_versions(key, public_keys=replaced.public_keys()),
        lambda: ListedSigner(key, replaced).sign(b"statement"),
    ):
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.code == "signing_key_changed"
    assert key.versions.count() == 1


def test_a_change_is_reported_once(key: SigningKey) -> None:
    assert report_change(key, version="1", hint="a" * 64)
    assert not report_change(key, version="1", hint="a" * 64)
    assert report_change(key, version="1", hint="b" * 64)


def test_the_public_key_of_one_key_is_not_another_one(cast: Cast, key: SigningKey) -> None:
    signer = RotatingSigner()
    note_key_versions(key, public_keys=signer.public_keys())
    other = add_key(actor=cast.ada, name="other", provider="vault")
    with pytest.raises(Conflict) as caught:
        ListedSigner(other, signer).sign(b"statement")
    assert caught.value.code == "signing_key_listed"


def test_neither_a_compromised_version_nor_a_retired_key_signs(cast: Cast, key: SigningKey) -> None:
    signer = RotatingSigner()
    listed = ListedSigner(key, signer)
    listed.sign(b"statement")
    compromise(key, cast)
    with pytest.raises(Conflict) as caught:
        listed.sign(b"statement")
    assert caught.value.code == "signing_key_compromised"
    signer.rotate()
    assert listed.sign(b"statement").key_version == "2", "a rotation makes it good again"
    retire(key, actor=cast.ada)
    with pytest.raises(Conflict) as late:
        listed.sign(b"statement")
    assert late.value.code == "signing_key_retired"


def test_nothing_is_noted_on_the_word_of_a_signer_that_lies(key: SigningKey) -> None:
    class Liar(RotatingSigner):
        def sign(self, signed: bytes) -> SignatureResult:
            return replace(
                super().sign(signed),
                public_key_pem=RotatingSigner().public_keys()[0].public_key_pem,
            )

    with pytest.raises(Unavailable):
        ListedSigner(key, Liar()).sign(b"statement")
    assert not key.versions.exists()
