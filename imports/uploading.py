"""Bringing a version in from uploaded files: the verbs that ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict
from imports.hints import hint
from imports.models import Import, ImportState, ImportStep
from registry.equal_versions import EqualVersions, equal_versions
from registry.locks import lock_model, lock_version
from registry.models import ModelVersion, RegisteredModel, Upload
from registry.permissions import CONTRIBUTE, require
from registry.signing.configured import key_for
from registry.uploads import locked_upload, take_upload
from registry.versions import create_version, reopen

PASSES = 2
"""How often the bytes of a version are read: to scan them, and to package them."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What an upload came to: a new version with its ``job``, or the one that has its bytes.

    ``equals`` are the versions of the same bytes that were there before.
    """

    version: ModelVersion
    job: Import | None
    equals: EqualVersions

    @property
    def already_registered(self) -> bool:
        """Say whether the version was there before, so that no number was taken."""
        return self.job is None


@verb
def register_upload(
    model: RegisteredModel,
    upload: Upload,
    *,
    actor: User,
    new_version: bool = False,
    **about: Any,
) -> Registration:
    """Return the version that has the bytes of ``upload``, or import it as the next one.

    A version that is recalled, quarantined or otherwise not given out does not stand in for a
    new one, nor does any with ``new_version``. The upload of bytes that are there stays open, so
    that it can be sent again with ``new_version``, or discarded. ``about`` is what
    ``import_upload`` takes.
    """
    model = lock_model(model.pk)
    require(actor, CONTRIBUTE, model)
    with locked_upload(upload, actor) as locked:
        equals = equal_versions(model, locked)
    if equals.readable is not None and not new_version:
        return Registration(equals.readable, None, equals)
    job = import_upload(model, upload, actor=actor, **about)
    return Registration(job.version, job, equals)


@verb
def import_upload(
    model: RegisteredModel,
    upload: Upload,
    *,
    actor: User,
    label: str | None = "",
    description: str = "",
    facts: Mapping[str, Any] | None = None,
    sign_key: str | None = None,
) -> Import:
    """Add the next version of ``model`` from a finished upload of ``actor``, as a job to be run.

    The version is there at once, pending, with its number. See ``create_version`` for
    ``label`` and ``facts``, ``take_upload`` for the refusals of an upload, ``key_for`` for those
    of ``sign_key``, the name of the signing key; without it the default signs.
    """
    model = lock_model(model.pk)
    require(actor, CONTRIBUTE, model)
    key = key_for(model, name=sign_key)
    version = create_version(
        model,
        actor=actor,
        source=ModelVersion.Source.UPLOAD,
        label=label,
        description=description,
        facts=facts,
    )
    files = take_upload(upload, actor=actor, version=version)
    job = Import.objects.create(
        version=version,
        requested_by=actor,
        signing_key=key,
        bytes_total=PASSES * sum(file.size or 0 for file in files),
    )
    job.refresh_from_db(fields=["number"])
    ImportStep.objects.bulk_create(ImportStep(job=job, name=name) for name in ImportStep.Name)
    transaction.on_commit(partial(hint, job.pk), robust=True)
    return job


@verb
def retry(job: Import, *, actor: User) -> Import:
    """Have a failed import tried again, from its first step and under the same number."""
    version = lock_version(job.version)
    require(actor, CONTRIBUTE, version.registered_model)
    job = Import.objects.select_for_update().get(pk=job.pk)
    if job.state != ImportState.FAILED:
        raise Conflict(
            "import_not_failed",
            f"Import {job.number} has not failed, so there is nothing to try again.",
        )
    reopen(version, actor=actor)
    job.state = ImportState.WAITING
    job.bytes_done = job.attempts = 0
    job.error_code = job.error = ""
    job.lease_until = job.waiting_since = job.finished_at = None
    job.save()
    job.steps.update(started_at=None, finished_at=None, result={})
    record(
        "import:retried",
        actor=actor,
        about=job,
        model_id=version.registered_model_id,
        data={"number": job.number, "version": version.number},
    )
    transaction.on_commit(partial(hint, job.pk), robust=True)
    return job
