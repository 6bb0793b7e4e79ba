"""Carrying out jobs of signing: taken by one worker, signed outside of any transaction, kept."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils import timezone

from aegis.audit.recording import record, verb
from aegis.leases import Lease, TakenOver, after
from aegis.problems import Refusal, Unavailable
from aegis.proof.manifest import Manifest
from aegis.proof.signing.bundle import SignedBundle, sign_manifest
from aegis.proof.signing.signer import Signer
from registry.locks import lock_version
from registry.models import ModelVersion, Signature, SigningJob, SigningState
from registry.signatures import add_signature
from registry.signing.configured import signer_of

log = structlog.get_logger(__name__)

SHORTEST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=5)


class Hold(Lease[SigningJob]):
    """A worker's hold on a job of signing."""

    length = timedelta(seconds=60)

    @classmethod
    def unfinished(cls) -> QuerySet[SigningJob]:
        """Return the jobs that are neither done nor failed."""
        found: QuerySet[SigningJob] = SigningJob.objects.filter(state=SigningState.WAITING)
        return found


def due_jobs() -> QuerySet[SigningJob]:
    """Return the jobs that a worker may take now, the oldest first."""
    return Hold.free().order_by("requested_at", "pk")


def run_job(key: UUID, *, signer: Signer | None = None) -> Signature | None:
    """Sign the version of one job, or return None if there is nothing to do now. Safe twice.

    A signer that is away leaves the job waiting; any other refusal ends it with the reason.
    """
    hold = Hold.claim(SigningJob.objects.filter(pk=key))
    if hold is None:
        return None
    try:
        return _run(hold, signer)
    except TakenOver:
        log.warning("signing.taken_over", job=str(key))
        return None


def _run(hold: Hold, signer: Signer | None) -> Signature | None:
    job = SigningJob.objects.select_related(
        "key", "version__registered_model", "version__artifact"
    ).get(pk=hold.job)
    try:
        bundle = _signed(job.version, signer or signer_of(job.key))
    except (Unavailable, ImproperlyConfigured) as away:
        _wait(hold, job, away)
    except Refusal as refusal:
        _fail(hold, job.version, refusal)
    else:
        return _keep(hold, job.version, bundle)
    return None


def _signed(version: ModelVersion, signer: Signer) -> SignedBundle:
    manifest = Manifest.parse(version.artifact.manifest.encode())
    name = version.registered_model.name
    return sign_manifest(manifest, name=name, number=version.number, signer=signer)


def _wait(hold: Hold, job: SigningJob, away: Exception) -> None:
    now = timezone.now()
    since = job.delayed_since or now
    code, sentence = getattr(away, "code", "signer_failed"), getattr(away, "sentence", str(away))
    log.warning("signing.waits", job=str(hold.job), code=code)
    hold.rows().update(
        lease_until=after(max(SHORTEST_WAIT, min(now - since, LONGEST_WAIT))),
        delayed_since=since,
        error_code=code,
        error=sentence,
    )


@verb
def _fail(hold: Hold, version: ModelVersion, refusal: Refusal) -> None:
    version = lock_version(version)
    job = hold.lock()
    job.state = SigningState.FAILED
    job.error_code, job.error = refusal.code, refusal.in_full
    job.lease_until = None
    job.finished_at = timezone.now()
    job.save()
    record(
        "version:signing_failed",
        actor=None,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number, "code": refusal.code},
    )


@verb
def _keep(hold: Hold, version: ModelVersion, bundle: SignedBundle) -> Signature:
    version = lock_version(version)
    job = hold.lock()
    signature = add_signature(version, bundle, manifest_digest=version.digest)
    job.state = SigningState.DONE
    job.signature = signature
    job.error_code = job.error = ""
    job.lease_until = None
    job.finished_at = timezone.now()
    job.save()
    record(
        "version:signed_again",
        actor=None,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number, "key": f"{bundle.key_name}:v{bundle.key_version}"},
    )
    return signature
