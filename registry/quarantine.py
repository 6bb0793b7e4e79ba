"""Quarantine: a version that is held back, for a cause, until somebody or something lifts it."""

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict
from registry.locks import lock_version
from registry.models import ModelVersion, Quarantine
from registry.permissions import MAINTAIN, require
from registry.scan_coverage import why_blocked


@verb
def quarantine(
    version: ModelVersion, *, cause: str, sentence: str, actor: User | None = None
) -> Quarantine:
    """Hold ``version`` back for ``cause``; where it is held back for that already, change nothing.

    ``sentence`` says why, for people. ``actor`` is None where Aegis itself does it.
    """
    version = lock_version(version)
    if actor is not None:
        require(actor, MAINTAIN, version.registered_model)
    open_now = open_quarantine(version, cause)
    if open_now is not None:
        return open_now
    opened: Quarantine = Quarantine.objects.create(
        version=version, cause=Quarantine.Cause(cause), sentence=sentence, opened_by=actor
    )
    record(
        "version:quarantined",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number, "cause": str(opened.cause), "quarantine": str(opened.pk)},
        texts={"sentence": sentence},
    )
    return opened


@verb
def lift(
    version: ModelVersion, *, cause: str, sentence: str, actor: User | None = None
) -> Quarantine:
    """End the quarantine of ``version`` for ``cause``; ``sentence`` says what mended it.

    Raises ``Conflict`` where there is none, and while the scan still blocks the version.
    """
    version = lock_version(version)
    if actor is not None:
        require(actor, MAINTAIN, version.registered_model)
    held = open_quarantine(version, cause)
    if held is None:
        raise Conflict("not_quarantined", f"Version {version.number} is not held back for that.")
    if held.cause == Quarantine.Cause.SCAN:
        refusal = why_blocked(version)
        if refusal:
            raise refusal
    held.lifted_at = timezone.now()
    held.lifted_by = actor
    held.lifted_because = sentence
    held.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
    record(
        "version:quarantine_lifted",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number, "cause": str(held.cause), "quarantine": str(held.pk)},
        texts={"sentence": sentence},
    )
    return held


def open_quarantine(version: ModelVersion, cause: str) -> Quarantine | None:
    """Return the quarantine that holds ``version`` back for ``cause`` now."""
    held: Quarantine | None = Quarantine.objects.filter(
        version=version, cause=cause, lifted_at=None
    ).first()
    return held
