"""Sign ready versions once more: asked for in one action, done by a worker."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db import transaction

from aegis.accounts.models import User
from aegis.accounts.permits import administrators, require_administrator
from aegis.audit.recording import record, verb
from aegis.problems import Refusal
from registry.compromises import affected_versions
from registry.locks import lock_version
from registry.models import ModelVersion, SigningJob, SigningKey, SigningState
from registry.permissions import MAINTAIN, VIEW, require
from registry.signing.configured import key_for
from registry.versions import require_ready

HINTED_AT_ONCE: Final = 100
"""So many jobs are handed to workers right away; the sweeper hands out the rest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of having all affected versions signed again.

    ``refused`` counts the versions for which no key may sign, by the sentence of why.
    """

    asked: int
    refused: dict[str, int]


@verb
def sign_again(version: ModelVersion, *, actor: User, key: str | None = None) -> SigningJob:
    """Have a ready version signed once more, by the key ``key`` or the default.

    Its older signatures stay. Approvals are about the signature too, so they will not count any
    more. A job that waits already is the answer to asking twice.
    """
    version = lock_version(version)
    require(actor, VIEW, version.registered_model)
    if not administrators().filter(pk=actor.pk).exists():
        require(actor, MAINTAIN, version.registered_model)
    require_ready(version)
    jobs = SigningJob.objects.filter(version=version, state=SigningState.WAITING)
    waiting: SigningJob | None = jobs.first()
    if waiting is not None:
        return waiting
    chosen = key_for(version.registered_model, name=key)
    job: SigningJob = SigningJob.objects.create(version=version, key=chosen, requested_by=actor)
    record(
        "version:signing_asked",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number, "key": chosen.name},
    )
    transaction.on_commit(partial(_hint, [job]), robust=True)
    return job


@verb
def sign_affected_again(key: SigningKey, *, actor: User) -> Asked:
    """Have every version signed again whose signature a compromised version of ``key`` made."""
    key = SigningKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    require_administrator(actor, "have all versions of a key signed again")
    jobs, refused = [], dict[str, int]()
    for version in _waiting_for_nothing(key):
        try:
            chosen = key_for(version.registered_model)
        except Refusal as refusal:
            refused[refusal.sentence] = refused.get(refusal.sentence, 0) + 1
        else:
            jobs.append(SigningJob(version=version, key=chosen, requested_by=actor))
    # Somebody may ask for one of them at the same moment: that job is as good.
    SigningJob.objects.bulk_create(jobs, ignore_conflicts=True)
    record(
        "signing_key:signing_asked",
        actor=actor,
        about=key,
        data={"key": key.name, "asked": len(jobs), "refused": sum(refused.values())},
    )
    transaction.on_commit(partial(_hint, jobs[:HINTED_AT_ONCE]), robust=True)
    return Asked(len(jobs), refused)


def compromised_hints(key: SigningKey) -> list[str]:
    """Return the public keys of ``key`` that are compromised."""
    return list(key.versions.exclude(compromised_at=None).values_list("hint", flat=True))


def _waiting_for_nothing(key: SigningKey) -> list[ModelVersion]:
    waiting = SigningJob.objects.filter(state=SigningState.WAITING).values("version")
    affected = affected_versions(compromised_hints(key)).exclude(pk__in=waiting)
    return list(affected.select_related("registered_model__team").order_by("pk"))


def _hint(jobs: list[SigningJob]) -> None:
    from registry.tasks import hint_signing  # noqa: PLC0415 -- The task imports us.

    for job in jobs:
        hint_signing(job.pk)
