"""Watching the signers: new versions of their keys are noted, changed ones are reported."""

from collections.abc import Sequence
from typing import Final

import structlog

from aegis.accounts.models import User
from aegis.accounts.permits import require_administrator
from aegis.audit.models import AuditEvent
from aegis.audit.recording import record, verb
from aegis.problems import Refusal
from aegis.proof.signing.signer import PublicKey
from registry.key_versions import note_key_versions, verify_only
from registry.models import SigningKey
from registry.signer_states import note_absence, note_answer
from registry.signing.configured import signer_of
from registry.signing_keys import ACT

log = structlog.get_logger(__name__)

_REPORTED: Final = "signing_key:changed"


def note_all() -> int:
    """Ask the signer of every key that still signs here; return how many versions are new.

    A public key that is not what it was is reported to the administrators, once.
    """
    noted = 0
    signing = SigningKey.objects.filter(retired_at=None)
    for key in signing.exclude(provider=SigningKey.Provider.VERIFY_ONLY):
        try:
            noted += len(note_key_versions(key, public_keys=_shown(key)))
        except Refusal as refusal:
            log.warning("signing_keys.not_noted", key=key.name, reason=str(refusal))
            note_absence(key, refusal)
            if refusal.code == "signing_key_changed":
                report_change(key, version=refusal.details["version"], hint=refusal.details["hint"])
    return noted


def _shown(key: SigningKey) -> Sequence[PublicKey]:
    """Return the public keys that the signer of ``key`` shows, and note how it was."""
    signer = signer_of(key)
    shown = signer.public_keys()
    note_answer(key, deletion_allowed=signer.deletion_allowed)
    return shown


def look(key: SigningKey, *, actor: User) -> None:
    """Have a worker ask the signers now, such as after a rotation of ``key``."""
    require_administrator(actor, ACT)
    if key.is_verify_only:
        raise verify_only(key)
    from registry.tasks import hint_noting  # noqa: PLC0415 -- The task imports us.

    log.info("signing_keys.asked", key=key.name)
    hint_noting()


@verb
def report_change(key: SigningKey, *, version: str, hint: str) -> bool:
    """Record that the signer shows another public key; False where that was reported before."""
    key = SigningKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    known = AuditEvent.objects.filter(action=_REPORTED, object_id=str(key.pk))
    if known.filter(body__contains=hint).exists():
        return False
    data = {"key": key.name, "version": version, "hint": hint}
    record(_REPORTED, actor=None, about=key, data=data)
    return True
