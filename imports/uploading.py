"""Bringing a version in from uploaded files: the verbs that ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction

from aegis.accounts.models import User
from aegis.audit.recording import verb
from imports.hints import hint
from imports.models import Import, ImportStep
from imports.stating import facts_with, stated_with, take_origin
from registry.bringing import brought_with, take_signature
from registry.equal_versions import EqualVersions, equal_versions
from registry.locks import lock_model
from registry.models import ModelVersion, RegisteredModel, Upload
from registry.permissions import CONTRIBUTE, require
from registry.signing.configured import key_for
from registry.uploads import locked_upload, take_upload
from registry.versions import create_version

OF_UPLOADS = (
    ImportStep.Name.CHECK,
    ImportStep.Name.SCAN,
    ImportStep.Name.PACKAGE,
    ImportStep.Name.SIGN,
)
"""The steps of an upload, whose files are here."""
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
    return Registration(job.made, job, equals)


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
    of ``sign_key``, the name of the signing key; without it the default signs. An upload that was
    brought with a signature gets that one, or is refused: see ``registry.bringing``. What is stated
    of its origin is recorded with it as that, see ``imports.stating``.
    """
    model = lock_model(model.pk)
    require(actor, CONTRIBUTE, model)
    origin = stated_with(upload, model)
    brought = brought_with(upload, model, key_name=sign_key)
    key = brought.key_version.key if brought else key_for(model, name=sign_key)
    version = create_version(
        model,
        actor=actor,
        source=ModelVersion.Source.UPLOAD,
        label=label,
        description=description,
        facts=facts if origin is None else facts_with(origin, facts),
    )
    files = take_upload(upload, actor=actor, version=version)
    if brought is not None:
        take_signature(brought, version, files, actor=actor)
    if origin is not None:
        take_origin(origin, version, files, actor=actor)
    job = Import.objects.create(
        registered_model=model,
        model_name=model.name,
        version=version,
        requested_by=actor,
        signing_key=key,
        bytes_total=PASSES * sum(file.size or 0 for file in files),
    )
    job.refresh_from_db(fields=["number"])
    ImportStep.objects.bulk_create(ImportStep(job=job, name=name) for name in OF_UPLOADS)
    transaction.on_commit(partial(hint, job.pk), robust=True)
    return job
