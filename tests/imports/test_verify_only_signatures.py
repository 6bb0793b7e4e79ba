"""Signatures by keys that Aegis never reaches, which are listed by their public keys."""

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from aegis.problems import Conflict
from approvals.gates.facts import GateInput
from approvals.gates.signature import check as signature_gate
from approvals.record_query import load_record
from imports.running import run
from imports.uploading import import_upload
from registry.bringing import bring_signature
from registry.models import ModelVersion, RegisteredModel, Signature, Upload
from registry.resigning import sign_affected_again, sign_again
from registry.signing_jobs import due_jobs, run_job
from registry.signing_keys import edit_key, give_public_key, retire
from registry.uploads import open_upload
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making, scanning
from tests.registry.client_keys import given, listed_to_verify, manifest_of, new_signer, signed
from tests.registry.keys import compromise

pytestmark = pytest.mark.django_db

MANIFEST = manifest_of(making.FILES)


class Elsewhere:
    """A key elsewhere, and the list's key that verifies what it signs."""

    def __init__(self, cast: Cast, folder: Path) -> None:
        self._cast, self._folder = cast, folder
        self.signer = new_signer(folder / "1.pem")
        self.listed = listed_to_verify(cast, self.signer)

    def rotate(self) -> None:
        self.signer = new_signer(self._folder / "2.pem")

    def bring(self, upload: Upload) -> bytes:
        data = signed(self.signer, MANIFEST).data
        bring_signature(upload, actor=self._cast.mina, data=data)
        return data


@pytest.fixture
def key(cast: Cast, model: RegisteredModel, tmp_path: Path) -> Elsewhere:
    return Elsewhere(cast, tmp_path)


@pytest.fixture
def upload(cast: Cast, model: RegisteredModel) -> Upload:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    return upload


def done(cast: Cast, model: RegisteredModel, upload: Upload, **further: Any) -> ModelVersion:
    job = import_upload(model, upload, actor=cast.mina, **further)
    run(job.pk, scanner=scanning.here)
    version = ModelVersion.objects.select_related("registered_model__team").get(pk=job.version_id)
    assert version.is_ready, version.failure
    return version


def test_what_it_signed_is_taken_and_passes_the_gate(
    cast: Cast, model: RegisteredModel, upload: Upload, key: Elsewhere
) -> None:
    data = key.bring(upload)

    version = done(cast, model, upload, sign_key="elsewhere")

    signature = version.signatures.get()
    assert (signature.key_name, signature.key_version) == ("elsewhere", "1")
    assert signature.bundle.encode() == data
    gate = signature_gate(GateInput(load_record(version), {}, refuses_development_signer=True), {})
    assert (gate.outcome, "brought with the files by mina" in gate.reason) == ("pass", True)


def test_its_teams_and_tiers_and_its_end_count_as_those_of_other_keys(
    cast: Cast, model: RegisteredModel, upload: Upload, key: Elsewhere
) -> None:
    refused(
        Conflict, "signing_key_verify_only", import_upload, model, upload, actor=cast.mina,
        sign_key="elsewhere",
    )  # fmt: skip
    key.bring(upload)
    for teams, tiers, code in (
        ([cast.risk_team], [1, 2, 3], "signing_key_not_for_team"),
        ([], {1, 2, 3} - {model.risk_tier}, "signing_key_not_for_tier"),
    ):
        edit_key(key.listed, actor=cast.ada, description="", teams=teams, risk_tiers=tiers)
        refused(Conflict, code, import_upload, model, upload, actor=cast.mina)
    edit_key(key.listed, actor=cast.ada, description="", teams=[], risk_tiers=[1, 2, 3])
    retire(key.listed, actor=cast.ada)
    refused(Conflict, "signing_key_retired", import_upload, model, upload, actor=cast.mina)


def test_after_a_rotation_the_new_version_is_taken_once_it_is_given(
    cast: Cast, model: RegisteredModel, upload: Upload, key: Elsewhere
) -> None:
    old = key.bring(upload)
    key.rotate()
    with pytest.raises(Conflict, match="none of the list"):
        key.bring(upload)
    give_public_key(key.listed, actor=cast.ada, pasted=given(key.signer, "2"))
    refused(
        Conflict, "signing_key_version_past", bring_signature, upload, actor=cast.mina, data=old
    )
    key.bring(upload)
    assert done(cast, model, upload).signatures.get().key_version == "2"


def test_what_it_signed_before_it_was_lost_is_signed_again_by_a_key_that_signs(
    cast: Cast, model: RegisteredModel, upload: Upload, key: Elsewhere
) -> None:
    key.bring(upload)
    version = done(cast, model, upload)
    compromise(key.listed, cast)
    refused(
        Conflict, "signing_key_verify_only", sign_again, version, actor=cast.marc, key="elsewhere"
    )

    assert sign_affected_again(key.listed, actor=cast.ada).asked == 1
    run_job(due_jobs()[0].pk)

    newest = version.signatures.order_by("-signed_at").first()
    assert newest is not None
    assert (newest.key_name, newest.brought) == ("aegis-development", None)


def test_the_database_takes_no_signature_of_it_that_was_not_brought(
    cast: Cast, model: RegisteredModel, upload: Upload, key: Elsewhere
) -> None:
    key.bring(upload)
    kept = done(cast, model, upload).signatures.get()
    another = making.new_version(model, cast.mina, {"a.bin": making.weights(b"other")})
    words = "With a key to verify only nothing is signed here"
    for version in (kept.version, another):
        with pytest.raises(DatabaseError, match=words), transaction.atomic():
            _copy(kept, version=version, brought=None)
    with pytest.raises(DatabaseError, match="not the signature that was brought"):
        _copy(kept, version=another)


def _copy(kept: Signature, **changes: Any) -> Signature:
    names = [
        *("version", "manifest_digest", "key_name", "key_version", "key_hint", "algorithm"),
        *("public_key", "bundle", "is_development", "brought"),
    ]
    return Signature.objects.create(**{name: getattr(kept, name) for name in names} | changes)
