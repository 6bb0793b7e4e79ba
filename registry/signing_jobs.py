"""Carrying out jobs of signing: taken by one worker, signed outside of any transaction, kept."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q, QuerySet
from django.utils import timezone

from aegis.audit.recording import record, verb
from aegis.problems import Refusal, Unavailable
from aegis.proof.manifest import Manifest
from aegis.proof.signing.bundle import SignedBundle, sign_manifest
from aegis.proof.signing.signer import Signer
from registry.locks import lock_version
from registry.models import ModelVersion, Signature, SigningJob, SigningState
from registry.signatures import add_signature
from registry.signing.configured import signer_of

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=60)
"""After so long without an end a worker is taken for dead."""
SHORTEST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Hold:
    """One worker's hold of a job, as long as the row still has its fence."""

    job: UUID
    fence: int

    def rows(self) -> QuerySet[SigningJob]:
        """Return the job if this hold is still good, as a set of one or none."""
        held: QuerySet[SigningJob] = SigningJob.objects.filter(
            pk=self.job, fence=self.fence, state=SigningState.WAITING
        )
        return held


def due_jobs() -> QuerySet[SigningJob]:
    """Return the jobs that a worker may take now, the oldest first."""
    free = Q(lease_until=None) | Q(lease_until__lte=timezone.now())
    found: QuerySet[SigningJob] = SigningJob.objects.filter(free, state=SigningState.WAITING)
    return found.order_by("requested_at", "pk")


def run_job(key: UUID, *, signer: Signer | None = None) -> Signature | None:
    """Sign the version of one job, or return None if there is nothing to do now. Safe twice.

    A signer that is away leaves the job waiting; any other refusal ends it with the reason.
    """
    hold = _take(key)
    if hold is None:
        return None
    job = SigningJob.objects.select_related(
        "key", "version__registered_model", "version__artifact"
    ).get(pk=key)
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


def _take(key: UUID) -> Hold | None:
    fence = due_jobs().filter(pk=key).values_list("fence", flat=True).first()
    if fence is None:
        return None
    taken = (
        due_jobs()
        .filter(pk=key, fence=fence)
        .update(fence=fence + 1, lease_until=timezone.now() + LEASE)
    )
    return Hold(key, fence + 1) if taken == 1 else None


def _wait(hold: Hold, job: SigningJob, away: Exception) -> None:
    now = timezone.now()
    since = job.delayed_since or now
    code, sentence = getattr(away, "code", "signer_failed"), getattr(away, "sentence", str(away))
    log.warning("signing.waits", job=str(hold.job), code=code)
    hold.rows().update(
        lease_until=now + max(SHORTEST_WAIT, min(now - since, LONGEST_WAIT)),
        delayed_since=since,
        error_code=code,
        error=sentence,
    )


@verb
def _fail(hold: Hold, version: ModelVersion, refusal: Refusal) -> None:
    version = lock_version(version)
    ended = hold.rows().update(
        state=SigningState.FAILED,
        error_code=refusal.code,
        error=" ".join(filter(None, (refusal.sentence, refusal.mend))),
        lease_until=None,
        finished_at=timezone.now(),
    )
    if ended:
        record(
            "version:signing_failed",
            actor=None,
            about=version,
            model_id=version.registered_model_id,
            data={"number": version.number, "code": refusal.code},
        )


@verb
def _keep(hold: Hold, version: ModelVersion, bundle: SignedBundle) -> Signature | None:
    version = lock_version(version)
    job = hold.rows().select_for_update().first()
    if job is None:
        return None
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
