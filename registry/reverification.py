"""Verifying again what is stored: every package within a cycle, or now where somebody asks.

What does not answer is no verdict: the look waits. Bytes or a signature that are not as recorded
put the version into quarantine, and the look that finds them as recorded again lets it out.
"""

import time
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.leases import Heartbeat, TakenOver
from aegis.problems import Unavailable
from registry.locks import lock_version
from registry.models import Artifact, ModelVersion, PackageCheck, PackageWatch, Quarantine
from registry.package_verification import Outcome, Pace, Verdict, look_at
from registry.permissions import MAINTAIN, require
from registry.quarantine import lift, open_quarantine, quarantine
from registry.versions import require_ready
from registry.watches import Held, claim, claim_next, cycle

log = structlog.get_logger(__name__)

RENEWED_EVERY: Final = 5.0
"""Seconds between two words of a worker that it is alive."""
_CAUSE: Final = Quarantine.Cause.BYTES


@verb
def ask_for_verification(version: ModelVersion, *, actor: User) -> PackageWatch:
    """Have the package of ``version`` verified now instead of at its time."""
    version = lock_version(version)
    require(actor, MAINTAIN, version.registered_model)
    require_ready(version)
    watch: PackageWatch
    watch, _ = PackageWatch.objects.select_for_update().get_or_create(
        version=version, defaults={"due_at": timezone.now()}
    )
    watch.due_at, watch.asked_by = timezone.now(), actor
    watch.save(update_fields=["due_at", "asked_by"])
    record(
        "version:verification_asked",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number},
    )
    transaction.on_commit(_hint, robust=True)
    return watch


@verb
def write_down(held: Held, verdict: Verdict) -> PackageCheck:
    """Keep what a look found, hold the version back or let it out, and say when the next is.

    Raises ``TakenOver`` without the claim.
    """
    version = lock_version(ModelVersion.objects.get(pk=held.version))
    watch = held.lock()
    check: PackageCheck = PackageCheck.objects.create(
        version=version,
        package_sha256=version.artifact.sha256,
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        asked_by=watch.asked_by,
    )
    watch.due_at = timezone.now() + cycle()
    watch.lease_until = watch.asked_by = watch.away_since = None
    watch.away = ""
    watch.save()
    if verdict.outcome != Outcome.INTACT:
        quarantine(version, cause=_CAUSE, sentence=verdict.sentence)
    elif open_quarantine(version, _CAUSE):
        lift(version, cause=_CAUSE, sentence="The package and its signature are as recorded again.")
    return check


def verify_due(*, seconds: float) -> int:
    """Verify what is due, one package after the other, for about so long; return how many.

    Safe to run at any time, twice, and to be killed.
    """
    until = time.monotonic() + seconds
    done = 0
    while time.monotonic() < until and (held := claim_next()) is not None:
        done += verify_held(held) is not None
    return done


def verify_now(version: ModelVersion) -> PackageCheck | None:
    """Verify one package at once, on an operator's word; None where a worker is at it.

    Raises ``Unavailable`` where the store does not answer.
    """
    held = claim(version)
    return None if held is None else _verify(held)


def verify_held(held: Held) -> PackageCheck | None:
    """Verify the package that was claimed; None where it waits or is another worker's now."""
    try:
        return _verify(held)
    except Unavailable as away:
        log.warning("verification.waiting", version=str(held.version), code=away.code)
    except TakenOver:
        log.warning("verification.taken_over", version=str(held.version))
    except Exception:
        # A mistake of ours is no verdict either, and must not stop the packages after this one.
        log.exception("verification.broke_off", version=str(held.version))
        held.let_go()
    return None


def _verify(held: Held) -> PackageCheck:
    versions = ModelVersion.objects.select_related("artifact", "registered_model")
    version = versions.get(pk=held.version)
    try:
        verdict = look_at(version, progress=_Alive(held))
    except Unavailable as away:
        with transaction.atomic():
            held.wait(" ".join(filter(None, (away.sentence, away.mend))))
        raise
    if not Artifact.objects.filter(pk=version.pk, key=version.artifact.key).exists():
        raise Unavailable(
            "package_redacted_meanwhile", "A file was redacted while the package was being read."
        )
    return write_down(held, verdict)


def _hint() -> None:
    from registry.tasks import hint_verification  # noqa: PLC0415 -- The task imports us.

    hint_verification()


class _Alive:
    """Keep the pace and the claim while bytes are read."""

    def __init__(self, held: Held) -> None:
        self._heartbeat = Heartbeat(held, every=RENEWED_EVERY)
        self._pace = Pace(settings.AEGIS_VERIFY_BYTES_PER_SECOND)

    def __call__(self, count: int) -> None:
        self._pace.add(count)
        self._heartbeat.beat()
