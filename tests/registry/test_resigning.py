"""Compromised keys, and signing again what they signed."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from aegis.proof.manifest import Manifest
from aegis.proof.signing.bundle import verify_manifest
from aegis.proof.signing.signer import SignatureResult
from registry.compromises import affected_versions, mark_compromised
from registry.models import ModelVersion, RegisteredModel, Signature, SigningJob, SigningKey
from registry.resigning import compromised_hints, sign_affected_again, sign_again
from registry.resigning_progress import progress_of
from registry.signatures import signatures_of
from registry.signing.configured import configured_signer, default_key
from registry.signing_jobs import due_jobs, run_job
from registry.signing_keys import make_default, retire
from tests.cast import Cast
from tests.fakes import AbsentSigner, LyingSigner
from tests.recorded import last, recorded, refused
from tests.registry import making
from tests.registry.keys import REASON, compromise, new_key


@pytest.fixture
def second(cast: Cast) -> SigningKey:
    return make_default(new_key(cast, "second"), actor=cast.ada)


def test_marking_takes_an_administrator_who_is_there_and_a_reason(
    cast: Cast, version: ModelVersion
) -> None:
    key, now = default_key(), timezone.now()
    good = {"actor": cast.ada, "authenticated_at": now, "reason": REASON}
    for kind, code, changes in (
        (Forbidden, "administrators_only", {"actor": cast.marc}),
        (Forbidden, "human_session_required", {"authenticated_at": None}),
        (Forbidden, "reauthentication_required", {"authenticated_at": now - timedelta(hours=1)}),
        (Invalid, "text_empty", {"reason": " "}),
        (NotFound, "signing_key_version_unknown", {"version": "9"}),
    ):
        refused(kind, code, mark_compromised, key, **{**good, **changes})
    since = last()
    (marked,) = mark_compromised(key, **good)
    assert (marked.compromised_by, marked.compromised_reason) == (cast.ada, REASON)
    assert recorded(since) == [
        (
            "signing_key:compromised",
            str(key.pk),
            {"key": key.name, "versions": ["1"], "hints": [marked.hint], "affected": 1},
        )
    ]
    refused(Conflict, "signing_key_compromised", mark_compromised, key, **good)


def test_signing_again_is_one_action_and_the_old_signature_stays(
    cast: Cast, version: ModelVersion, second: SigningKey
) -> None:
    compromise(SigningKey.objects.get(name="aegis-development"), cast)
    revision, since = version.subject_revision, last()
    job = sign_again(version, actor=cast.marc)
    assert sign_again(version, actor=cast.marc) == job, "asking twice is asking once"
    made = run_job(job.pk)
    assert made is not None
    assert [action for action, _, _ in recorded(since)] == [
        "version:signing_asked",
        "version:signed_again",
    ]
    newest, oldest = signatures_of(version)
    assert (newest.key_name, oldest.key_name) == ("second", "aegis-development")
    assert newest.compromised_at is None
    assert oldest.compromised_at is not None
    manifest = Manifest.parse(version.artifact.manifest.encode())
    assert verify_manifest(made.bundle.encode(), manifest, public_key_pem=made.public_key)
    version.refresh_from_db()
    assert version.subject_revision == revision + 1
    job.refresh_from_db()
    assert (job.state, job.signature) == ("done", made)
    assert run_job(job.pk) is None


def test_the_first_signature_raises_nothing(version: ModelVersion) -> None:
    assert version.signatures.count() == 1
    assert version.subject_revision == 0


def test_who_may_have_a_version_signed_again(cast: Cast, version: ModelVersion) -> None:
    refused(Forbidden, "permission_missing", sign_again, version, actor=cast.mina)
    refused(Forbidden, "permission_missing", sign_again, version, actor=cast.vera)
    assert sign_again(version, actor=cast.ada).requested_by == cast.ada


def test_only_a_ready_version_with_a_key_that_may(
    cast: Cast, version: ModelVersion, pending: ModelVersion
) -> None:
    refused(Conflict, "version_pending", sign_again, pending, actor=cast.marc)
    refused(Invalid, "signing_key_unknown", sign_again, version, actor=cast.marc, key="nobody")


def test_a_signer_that_is_away_is_waited_for(cast: Cast, version: ModelVersion) -> None:
    job = sign_again(version, actor=cast.marc)
    for signer in (AbsentSigner(), LyingSigner()):
        SigningJob.objects.update(lease_until=None)
        assert run_job(job.pk, signer=signer) is None
        job.refresh_from_db()
        assert (job.state, job.error_code) == ("waiting", "signer_failed")
        assert job.delayed_since is not None
    assert not due_jobs().exists(), "it is not tried at once"
    SigningJob.objects.update(lease_until=timezone.now())
    assert run_job(job.pk) is not None


def test_a_worker_that_lost_a_job_keeps_nothing_of_what_it_did(
    cast: Cast, version: ModelVersion
) -> None:
    job = sign_again(version, actor=cast.marc)
    kept: list[Signature | None] = []

    class Slow(LyingSigner):
        """A signer whose answer comes when another worker has done the job."""

        def sign(self, signed: bytes) -> SignatureResult:
            SigningJob.objects.update(lease_until=timezone.now())
            kept.append(run_job(job.pk))
            return configured_signer().sign(signed)

    assert run_job(job.pk, signer=Slow()) is None
    job.refresh_from_db()
    assert (job.state, job.fence, [job.signature]) == ("done", 2, kept)
    assert version.signatures.count() == 2


def test_a_key_that_may_not_sign_any_more_ends_the_job(
    cast: Cast, version: ModelVersion, second: SigningKey
) -> None:
    job = sign_again(version, actor=cast.marc, key="aegis-development")
    retire(SigningKey.objects.get(name="aegis-development"), actor=cast.ada)
    assert run_job(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "signing_key_retired")
    again = sign_again(version, actor=cast.marc)
    assert run_job(again.pk) is not None


def test_all_versions_of_a_compromised_key_are_signed_again_in_one_action(
    cast: Cast, model: RegisteredModel, second: SigningKey
) -> None:
    first = SigningKey.objects.get(name="aegis-development")
    versions = [
        making.new_version(model, cast.mina, {"a.bin": bytes([n])}, sign_key=first.name)
        for n in range(3)
    ]
    untouched = making.new_version(model, cast.mina, {"a.bin": b"9"})
    compromise(first, cast)
    assert set(affected_versions(compromised_hints(first))) == set(versions)
    refused(Forbidden, "administrators_only", sign_affected_again, first, actor=cast.marc)
    assert sign_affected_again(first, actor=cast.ada).asked == 3
    assert sign_affected_again(first, actor=cast.ada).asked == 0
    assert (progress_of(first).total, progress_of(first).waiting) == (3, 3)
    run_job(due_jobs()[0].pk)
    assert (progress_of(first).done, progress_of(first).left) == (1, 2)
    for job in list(due_jobs()):
        run_job(job.pk)
    assert progress_of(first).left == 0
    assert progress_of(first).done == 3
    assert untouched.signatures.count() == 1


def test_versions_that_no_key_may_sign_for_are_counted_with_the_reason(
    cast: Cast, version: ModelVersion
) -> None:
    key = default_key()
    compromise(key, cast)
    asked = sign_affected_again(key, actor=cast.ada)
    assert asked.asked == 0
    ((sentence, count),) = asked.refused.items()
    assert (count, "was marked compromised" in sentence) == (1, True)


def test_the_database_takes_signatures_of_listed_keys_only(
    cast: Cast, version: ModelVersion, second: SigningKey
) -> None:
    kept = Signature.objects.get(version=version)

    def insert(**changes: object) -> None:
        fields = {field.attname: getattr(kept, field.attname) for field in Signature._meta.fields}
        fields.pop("id")
        Signature.objects.create(**{**fields, **changes})

    for changes in (
        {"key_hint": "0" * 64},
        {"public_key": "another"},
        {"key_name": "second"},
        {"key_version": "2"},
        {"is_development": False},
    ):
        with pytest.raises(DatabaseError, match="No signing key of the list"), transaction.atomic():
            insert(**changes)
    first = SigningKey.objects.get(name="aegis-development")
    retire(first, actor=cast.ada)
    with pytest.raises(DatabaseError, match="retired key signs nothing"), transaction.atomic():
        insert()
    compromise(SigningKey.objects.get(pk=first.pk), cast)
    with pytest.raises(DatabaseError, match="compromised key signs nothing"), transaction.atomic():
        insert()


def test_an_import_keeps_the_key_that_it_is_to_be_signed_with(
    cast: Cast, model: RegisteredModel, second: SigningKey
) -> None:
    job = making.new_import(model, cast.mina, sign_key="aegis-development")
    assert job.signing_key is not None
    assert job.signing_key.name == "aegis-development"
    for other in (second, None):
        job.signing_key = other
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            job.save(update_fields=["signing_key"])
