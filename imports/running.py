"""Running an import: its steps in order, each recorded, so that any worker can go on from there."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from aegis.leases import kept
from aegis.problems import Refusal, Unavailable
from aegis.proof.manifest import Manifest
from aegis.proof.signing.refusals import SignerMisconfigured
from aegis.proof.signing.signer import Signer
from imports import steps
from imports.claims import (
    RENEWED_EVERY,
    Claim,
    Progress,
    TakenOver,
    claim,
)
from imports.fetching import fetch
from imports.finishing import finish
from imports.interruptions import (
    break_off,
    give_up,
    refuse_endless,
    wait_for,
    wait_for_operator,
)
from imports.models import Import, ImportState, ImportStep
from imports.planning import adopt_plan, keep_plan, refuse_other_bytes
from imports.scanners import Scanner, sandboxed
from imports.scanning.reports import Report
from imports.sources.configured import kind_of
from imports.sources.protocol import Plan, Source
from imports.sweeping import clear_up_after, forget
from imports.uploading import PASSES
from imports.usable_plans import usable
from registry.bringing import brought_signature_of
from registry.models import BroughtSignature, SigningKey
from registry.signing.configured import key_for, signer_of
from registry.storage.protocol import StoredObject
from registry.uploads import upload_folder
from registry.versions import SignedArtifact

log = structlog.get_logger(__name__)

Watch = Callable[[str], None]
"""What is told each named point of a run when it is reached."""

POINTS_OF_SOURCES: Final = (
    "resolve begun",
    "resolve worked",
    "resolve recorded",
    "fetch begun",
    "fetch worked",
    "fetch recorded",
)
"""The further points of what is fetched from a source, after it was claimed."""
POINTS: Final = (
    "claimed",
    "check begun",
    "check worked",
    "check recorded",
    "scan begun",
    "scan worked",
    "scan recorded",
    "package begun",
    "package worked",
    "package recorded",
    "sign begun",
    "sign worked",
    "finished",
)


def run(
    job: UUID,
    *,
    signer: Signer | None = None,
    scanner: Scanner = sandboxed,
    source: Source | None = None,
    watch: Watch = lambda _: None,
) -> None:
    """Claim the import and bring it to its end, if nobody else has it. Safe to run twice.

    ``signer`` and ``source`` are the ones that the settings name, unless told otherwise.
    """
    held = claim(job)
    if held is None:
        return
    watch("claimed")
    try:
        # A source that is slow to answer and a large file that is hashed must not cost the lease.
        with kept(held, every=RENEWED_EVERY):
            _run_watched(held, watch, signer, scanner, source)
    except TakenOver:
        log.warning("imports.taken_over", job=str(job), fence=held.fence)
        clear_up_after(_job(job))
    except Exception as error:
        # A mistake of ours must not leave the job to its lease without a word.
        log.exception("imports.broke_off", job=str(job))
        break_off(held, error)
    watch("finished")


def _run_watched(
    held: Claim, watch: Watch, signer: Signer | None, scanner: Scanner, source: Source | None
) -> None:
    try:
        refuse_endless(held)
        job = _looked_up(held, watch, source)
        if job.version is None:
            if job.state == ImportState.DONE:
                forget(job)
            return
        _Run(held, job, watch, scanner, source).all_steps(_signing(job, signer))
    except SignerMisconfigured as unmended:
        wait_for_operator(held, unmended)
    except Unavailable as away:
        wait_for(held, away)
    except Refusal as refusal:
        give_up(held, refusal)
    else:
        upload_folder().discard(job.version.upload.pk)
        forget(job)


def _looked_up(held: Claim, watch: Watch, source: Source | None) -> Import:
    """Return the import with its version, after its look where it needs one.

    It has no version where it ends with one that was there, or waits to be started.
    """
    job = _job(held.job)
    if job.version is not None:
        return job
    begin_step(held, ImportStep.Name.RESOLVE)
    watch("resolve begun")
    if job.plan is None:
        plan = usable((source or _source(job)).plan(job.reference))
    else:
        plan = Plan.from_json(job.plan)
    watch("resolve worked")
    job = keep_plan(held, plan) if job.waits_for_start else adopt_plan(held, plan)
    watch("resolve recorded")
    return _job(held.job)


class _Run:
    """One worker's way through the steps of an import that it holds."""

    def __init__(
        self, held: Claim, job: Import, watch: Watch, scanner: Scanner, source: Source | None
    ) -> None:
        self._held = held
        self._job = job
        self._version = job.made
        self._watch = watch
        self._scanner = scanner
        self._source = source
        self._fetched = 0

    def all_steps(self, signing: Signer | BroughtSignature) -> None:
        """Do what is not done yet, and end with a ready version."""
        if self._job.plan is not None:
            self._fetched = self._step(ImportStep.Name.FETCH, self._fetch)["bytes"]
        manifest = Manifest.parse(
            self._step(ImportStep.Name.CHECK, self._check)["manifest"].encode()
        )
        found = self._step(ImportStep.Name.SCAN, lambda: self._scan(manifest))
        stored = self._step(ImportStep.Name.PACKAGE, lambda: self._package(manifest))
        members = stored.pop("members", ())
        packaged = steps.Packaged(StoredObject(**stored), tuple(members))
        self._begin(ImportStep.Name.SIGN)
        brought = signing if isinstance(signing, BroughtSignature) else None
        bundle = steps.sign(manifest, self._version, signing)
        self._watch("sign worked")
        index = packaged.index(manifest)
        artifact = SignedArtifact(manifest, packaged.stored, bundle, index=index, brought=brought)
        finish(self._held, self._version, artifact=artifact, report=Report.from_json(found))

    def _fetch(self) -> dict[str, Any]:
        plan = Plan.from_json(self._job.plan or {})
        fetch(
            self._source or _source(self._job),
            plan,
            self._version.upload,
            Progress(self._held, done=0),
        )
        files = list(self._version.upload.files.all())
        refuse_other_bytes(self._version, plan, {file.path: file.sha256 for file in files})
        total = sum(file.size or 0 for file in files)
        self._held.rows().update(bytes_total=total * (1 + PASSES))
        return {"bytes": total}

    def _check(self) -> dict[str, Any]:
        manifest = steps.check(self._received(done=self._fetched))
        return {"manifest": manifest.canonical.decode()}

    def _scan(self, manifest: Manifest) -> dict[str, Any]:
        return steps.scan(self._received(done=self._fetched), manifest, self._scanner).to_json()

    def _package(self, manifest: Manifest) -> dict[str, Any]:
        received = self._received(done=self._fetched + manifest.size)
        packaged = steps.package(received, manifest, self._version)
        return {**asdict(packaged.stored), "members": packaged.members}

    def _received(self, *, done: int) -> steps.Received:
        progress = Progress(self._held, done=done)
        progress.write()
        files = list(self._version.upload.files.all())
        again = steps.SEND_AGAIN if self._job.plan is None else steps.FETCH_AGAIN
        return steps.Received(self._version.upload.pk, files, progress, again=again)

    def _step(self, name: ImportStep.Name, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do a step and record what it returned, or return what an earlier worker recorded."""
        step = self._begin(name)
        if step.finished_at is None:
            step.result = work()
            self._watch(f"{name} worked")
            self._record(step)
            self._watch(f"{name} recorded")
        return dict(step.result)

    def _begin(self, name: ImportStep.Name) -> ImportStep:
        step = begin_step(self._held, name)
        self._watch(f"{name} begun")
        return step

    def _record(self, step: ImportStep) -> None:
        with transaction.atomic():
            self._held.lock()
            self._held.rows().update(waiting_since=None)
            step.finished_at = timezone.now()
            step.save(update_fields=["finished_at", "result"])


def begin_step(held: Claim, name: ImportStep.Name) -> ImportStep:
    """Note that a step has begun, if no worker before did."""
    with transaction.atomic():
        # An import that was asked for before there was such a step has no row of it.
        step, _ = held.lock().steps.get_or_create(name=name)
        if step.started_at is None:
            step.started_at = timezone.now()
            step.save(update_fields=["started_at"])
    return step


def _job(key: UUID) -> Import:
    found = Import.objects.select_related(
        "signing_key", "version__registered_model__team", "version__upload"
    )
    job: Import = found.get(pk=key)
    return job


def _source(job: Import) -> Source:
    return kind_of(job.source).connect(job.reference)


def _signing(job: Import, signer: Signer | None) -> Signer | BroughtSignature:
    """Return what signs the version of ``job``: the signature that came with it, or a signer."""
    return brought_signature_of(job.made) or signer or signer_of(_key(job))


def _key(job: Import) -> SigningKey:
    key: SigningKey | None = job.signing_key
    # An import that is older than the list of keys names none.
    return key or key_for(job.made.registered_model)
