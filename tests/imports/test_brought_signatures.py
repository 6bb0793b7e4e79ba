"""Signatures that come with the files: taken from the list's keys, and from nobody else."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django import Settings

from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing.bundle import sign_manifest
from aegis.proof.signing.refusals import Unverified
from aegis.sdk.signing import signed_manifest, vault_signer
from approvals.gates.facts import GateInput
from approvals.gates.signature import check as signature_gate
from approvals.record_query import load_record
from imports.models import Import
from imports.running import run
from imports.uploading import import_upload, register_upload
from registry.bringing import BUNDLE_BYTES, bring_signature
from registry.compromises import mark_compromised
from registry.key_versions import note_key_versions
from registry.models import (
    BroughtSignature,
    ModelVersion,
    RegisteredModel,
    Signature,
    SigningKey,
    Upload,
)
from registry.signing_keys import edit_key, retire
from registry.uploads import describe, discard_upload, open_upload
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making, scanning
from tests.registry.client_keys import ClientKey, manifest_of, new_signer, signed
from tests.servers.signing import sign_with
from tests.servers.vault.server import VaultServer

pytestmark = pytest.mark.django_db

MANIFEST = manifest_of(making.FILES)
OTHER = Manifest.of([FileEntry("config.json", 3, hashlib.sha256(b"abc").hexdigest())])


@pytest.fixture
def key(cast: Cast, model: RegisteredModel, tmp_path: Path) -> ClientKey:
    return ClientKey(cast, tmp_path)


@pytest.fixture
def upload(cast: Cast, model: RegisteredModel) -> Upload:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    return upload


def done(job: Import) -> ModelVersion:
    run(job.pk, scanner=scanning.here)
    return ModelVersion.objects.select_related("registered_model__team").get(pk=job.version_id)


def test_a_version_gets_the_signature_that_it_was_brought_with(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    data = key.sign(MANIFEST)

    bring_signature(upload, actor=cast.mina, data=data)
    since = last()
    job = import_upload(model, upload, actor=cast.mina)
    version = done(job)

    assert (version.state, version.digest) == ("ready", MANIFEST.digest)
    signature = version.signatures.get()
    assert signature.bundle.encode() == data
    assert (signature.key_name, signature.key_version) == ("ci-key", "1")
    assert signature.brought.upload == upload
    assert job.signing_key == key.listed
    brought = next(entry for entry in recorded(since) if entry[0] == "version:signature_brought")
    assert brought[1:] == (
        str(version.pk),
        {
            "number": 1,
            "key": "ci-key:v1",
            "hint": signature.key_hint,
            "digest": MANIFEST.digest,
        },
    )


def test_its_gate_passes_and_says_who_brought_it(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))
    version = done(import_upload(model, upload, actor=cast.mina))

    facts = GateInput(load_record(version), {}, refuses_development_signer=True)
    outcome = signature_gate(facts, {})

    assert outcome.outcome == "pass"
    assert "brought with the files by mina" in outcome.reason


def test_no_signer_is_needed_for_what_came_signed(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey, settings: Settings
) -> None:
    settings.AEGIS_VAULT = None
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))

    version = done(import_upload(model, upload, actor=cast.mina))

    assert version.state == "ready"


def test_a_signature_by_vault_from_the_clients_side_is_taken(
    cast: Cast,
    model: RegisteredModel,
    upload: Upload,
    vault: VaultServer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = sign_with(settings, vault)
    monkeypatch.setenv("VAULT_ADDR", vault.address)
    monkeypatch.setenv("VAULT_TOKEN", vault.token)
    signer = vault_signer(listed.transit_name)
    note_key_versions(listed, public_keys=signer.public_keys())
    settings.AEGIS_VAULT = None

    bring_signature(upload, actor=cast.mina, data=signed(signer, MANIFEST).data)
    version = done(import_upload(model, upload, actor=cast.mina))

    assert version.signatures.get().key_name == listed.name
    assert version.signatures.get().brought is not None


def test_a_signature_over_other_files_is_refused_before_a_number_is_taken(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    brought = bring_signature(upload, actor=cast.mina, data=key.sign(OTHER))

    refusal = refused(
        Unverified, "manifest_mismatch", import_upload, model, upload, actor=cast.mina
    )

    assert brought.key_version.hint[:12] in refusal.sentence
    _nothing_came_of(model, upload)


def test_a_signature_for_one_model_is_none_of_another_of_the_same_files(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST, name="credit-scorer"))

    refusal = refused(
        Unverified, "signature_of_other", import_upload, model, upload, actor=cast.mina
    )

    assert "made for credit-scorer, and not for churn-predictor" in refusal.sentence
    _nothing_came_of(model, upload)


def test_a_signature_for_another_number_and_one_for_no_model_are_refused(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    title = signed_manifest(MANIFEST, name="churn-predictor", is_model=False, signer=key.signer)
    numbered = sign_manifest(MANIFEST, name="churn-predictor", number=7, signer=key.signer)
    for data in (title.data, numbered.data):
        bring_signature(upload, actor=cast.mina, data=data)
        refused(Unverified, "signature_of_other", import_upload, model, upload, actor=cast.mina)
    _nothing_came_of(model, upload)

    right = sign_manifest(MANIFEST, name="churn-predictor", number=1, signer=key.signer)
    bring_signature(upload, actor=cast.mina, data=right.data)
    assert done(import_upload(model, upload, actor=cast.mina)).is_ready


def test_a_key_that_is_not_on_the_list_is_named_by_its_fingerprint(
    cast: Cast, upload: Upload, tmp_path: Path
) -> None:
    signer = new_signer(tmp_path / "foreign.pem")
    made = signed(signer, MANIFEST)

    refusal = refused(
        Conflict,
        "signature_key_unknown",
        bring_signature,
        upload,
        actor=cast.mina,
        data=made.data,
    )

    assert made.key_hint in refusal.sentence


def test_a_key_of_another_team_or_tier_or_a_retired_one_signs_nothing(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))

    edit_key(
        key.listed, actor=cast.ada, description="", teams=[cast.risk_team], risk_tiers=[1, 2, 3]
    )
    refused(Conflict, "signing_key_not_for_team", import_upload, model, upload, actor=cast.mina)
    tiers = {1, 2, 3} - {model.risk_tier}
    edit_key(key.listed, actor=cast.ada, description="", teams=[], risk_tiers=tiers)
    refused(Conflict, "signing_key_not_for_tier", import_upload, model, upload, actor=cast.mina)
    edit_key(key.listed, actor=cast.ada, description="", teams=[], risk_tiers=[1, 2, 3])
    retire(key.listed, actor=cast.ada)
    refused(Conflict, "signing_key_retired", import_upload, model, upload, actor=cast.mina)
    _nothing_came_of(model, upload)


def test_a_compromised_key_is_refused_when_it_comes_and_when_the_version_is_made(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    data = key.sign(MANIFEST)
    bring_signature(upload, actor=cast.mina, data=data)
    _compromise(cast, key.listed)

    refused(
        Conflict, "signing_key_compromised", bring_signature, upload, actor=cast.mina, data=data
    )
    refused(Conflict, "signing_key_compromised", import_upload, model, upload, actor=cast.mina)
    _nothing_came_of(model, upload)


def test_a_key_that_is_compromised_while_the_files_are_scanned_signs_no_version(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))
    job = import_upload(model, upload, actor=cast.mina)
    _compromise(cast, key.listed)

    version = done(job)

    assert (version.state, version.failure_code) == ("failed", "signing_key_compromised")
    assert not Signature.objects.exists()


def test_an_old_version_of_a_key_signs_nothing_new(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    old = key.sign(MANIFEST)
    bring_signature(upload, actor=cast.mina, data=old)
    key.rotate()

    for call in (
        lambda: bring_signature(upload, actor=cast.mina, data=old),
        lambda: import_upload(model, upload, actor=cast.mina),
    ):
        refusal = refused(Conflict, "signing_key_version_past", call)
        assert "its version 2 signs" in refusal.sentence
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))
    assert done(import_upload(model, upload, actor=cast.mina)).is_ready


def test_the_key_that_is_asked_for_is_the_one_that_signed(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey, tmp_path: Path
) -> None:
    ClientKey(cast, tmp_path, "another-key")
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))

    refused(
        Conflict,
        "signing_key_differs",
        import_upload,
        model,
        upload,
        actor=cast.mina,
        sign_key="another-key",
    )
    import_upload(model, upload, actor=cast.mina, sign_key="ci-key")


def _altered(data: bytes, **changes: Any) -> bytes:
    bundle = json.loads(data)
    bundle["dsseEnvelope"] |= changes
    return json.dumps(bundle).encode()


GARBAGE = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"{}",
    b'{"verificationMaterial": {"publicKey": {"hint": 5}}}',
    b'{"verificationMaterial": {"publicKey": {"hint": "\\u0000"}}}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("data", GARBAGE)
def test_garbage_is_refused_with_a_sentence(cast: Cast, upload: Upload, data: bytes) -> None:
    with pytest.raises(Conflict):
        bring_signature(upload, actor=cast.mina, data=data)

    assert not BroughtSignature.objects.exists()


def test_a_bundle_with_a_changed_payload_or_signature_is_refused(
    cast: Cast, upload: Upload, key: ClientKey
) -> None:
    data = key.sign(MANIFEST)
    other = json.loads(key.sign(OTHER))["dsseEnvelope"]
    for changes in ({"payload": other["payload"]}, {"signatures": other["signatures"]}):
        refused(
            Unverified,
            "signature_invalid",
            bring_signature,
            upload,
            actor=cast.mina,
            data=_altered(data, **changes),
        )
    refused(
        Invalid,
        "signature_too_large",
        bring_signature,
        upload,
        actor=cast.mina,
        data=b" " * (BUNDLE_BYTES + 1),
    )


def test_only_who_sends_the_files_brings_their_signature_and_while_they_are_sent(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    data = key.sign(MANIFEST)
    refused(NotFound, "upload_not_found", bring_signature, upload, actor=cast.marc, data=data)
    bring_signature(upload, actor=cast.mina, data=data)
    assert describe(upload)["signature"]["key_name"] == "ci-key"

    import_upload(model, upload, actor=cast.mina)

    refused(Conflict, "upload_taken", bring_signature, upload, actor=cast.mina, data=data)
    gone = open_upload(actor=cast.mina)
    discard_upload(gone, actor=cast.mina)
    refused(Conflict, "upload_discarded", bring_signature, gone, actor=cast.mina, data=data)


def test_files_that_are_there_already_need_no_signature(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    version = making.new_version(model, cast.mina)
    bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))

    found = register_upload(model, upload, actor=cast.mina)

    assert (found.version, found.already_registered) == (version, True)


def test_the_database_holds_a_brought_signature_to_what_came(
    cast: Cast, model: RegisteredModel, upload: Upload, key: ClientKey
) -> None:
    brought = bring_signature(upload, actor=cast.mina, data=key.sign(MANIFEST))
    import_upload(model, upload, actor=cast.mina)
    brought.bundle = "{}"
    for attack in (
        brought.save,
        brought.delete,
        lambda: _signature(brought, upload.pk, bundle="{}"),
        lambda: _signature(brought, upload.pk, manifest_digest="0" * 64),
        lambda: _signature(brought, upload.pk, brought=None),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()


def _signature(kept: BroughtSignature, upload: Any, **changes: Any) -> Signature:
    version = kept.key_version
    kept = BroughtSignature.objects.get(pk=kept.pk)
    fields: dict[str, Any] = {
        "version": Upload.objects.get(pk=upload).version,
        "manifest_digest": kept.manifest_digest,
        "key_name": version.key.name,
        "key_version": version.version,
        "key_hint": version.hint,
        "algorithm": version.algorithm,
        "public_key": version.public_key,
        "bundle": kept.bundle,
        "is_development": False,
        "brought": kept,
    }
    return Signature.objects.create(**{**fields, **changes})


def _compromise(cast: Cast, key: SigningKey) -> None:
    mark_compromised(key, actor=cast.ada, authenticated_at=timezone.now(), reason="Stolen.")


def _nothing_came_of(model: RegisteredModel, upload: Upload) -> None:
    upload.refresh_from_db()
    assert upload.state == "open"
    assert not model.versions.exists()
    assert not Import.objects.exists()
