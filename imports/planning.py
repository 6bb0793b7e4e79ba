"""The first step of what is fetched: look it up, and give the version that comes of it a number.

Until then there is neither a version nor, where the name is new, a registered model: what is not
there, may not be had or is registered already leaves nothing behind.
"""

from collections.abc import Mapping

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid
from aegis.text import name_key
from imports.claims import Claim, TakenOver
from imports.converting.recording import record_another_comparison, record_conversion
from imports.models import Import, ImportState, ImportStep
from imports.rights import require_import_right
from imports.sources.configured import kind_of
from imports.sources.protocol import Plan
from imports.uploading import PASSES
from imports.usable_plans import digest_of, refuse_refused, stated
from registry.cards_publishing import save_draft
from registry.locks import lock_model
from registry.models import ModelVersion, RegisteredModel, Upload, UploadFile, VersionState
from registry.permissions import CONTRIBUTE, require
from registry.provenance import (
    Origin,
    ready_version_of,
    record_provenance,
)
from registry.registration import register_model, require_registering
from registry.signing.configured import key_for
from registry.upload_promises import LIFETIME
from registry.versions import create_version


@verb
def keep_plan(held: Claim, plan: Plan) -> Import:
    """Keep what was found, and let go until somebody starts the import."""
    job = held.lock()
    _end_step(job)
    job.plan = plan.to_json()
    job.state = ImportState.PLANNED
    job.bytes_total = plan.size or 0
    job.lease_until = job.waiting_since = None
    job.attempts = 0
    job.error_code = job.error = ""
    job.save()
    return job


@verb
def adopt_plan(held: Claim, plan: Plan) -> Import:
    """Register the version that ``plan`` brings, or end with the one that has its files already.

    Everything is asked again, since time has passed: the rights of who asked, label and key.
    Raises ``TakenOver`` without the claim.
    """
    asked = _held(held)
    asked_by = asked.requested_by
    _refuse_inactive(asked_by)
    model = _model(asked, plan)
    job = held.lock()
    _end_step(job)
    job.plan = plan.to_json()
    job.registered_model = model
    kind = kind_of(job.source)
    if kind.needs_right:
        require_import_right(model.team, source=job.source, place=kind.place(job.reference))
    refuse_refused(plan)
    known = _known(model, plan)
    if known is not None and not job.asked["new_version"]:
        record_another_comparison(known, plan, actor=asked_by)
        return _end_with(job, known)
    version = _version(job, model, plan, asked_by)
    _open_for_files(version, plan, asked_by)
    job.version = version
    job.signing_key = job.signing_key or key_for(model, name=job.asked["sign_key"])
    job.bytes_total = (1 + PASSES) * (plan.size or 0)
    job.save()
    return job


def _held(held: Claim) -> Import:
    """Return the import, to be locked after its model, or raise ``TakenOver``."""
    found = held.rows().select_related("requested_by", "team", "registered_model").first()
    if found is None:
        raise TakenOver
    return found


def _refuse_inactive(actor: User) -> None:
    if not actor.is_active:
        raise Forbidden(
            "requester_inactive",
            f"The account of {actor}, who asked for this import, is not active any more.",
            mend="Somebody else asks for it anew.",
        )


def _model(job: Import, plan: Plan) -> RegisteredModel:
    """Return the locked model to register with; one of a new name is registered with it."""
    actor = job.requested_by
    key = name_key(job.model_name)
    found = job.registered_model or RegisteredModel.objects.filter(name_key=key).first()
    if found is not None:
        # A name that somebody else took meanwhile leads to a model that may be none of theirs.
        model = lock_model(found.pk)
        require(actor, CONTRIBUTE, model)
        return model
    assert job.team is not None
    require_registering(actor, job.team)
    about = {name: value for name, value in plan.about_model.items() if value}
    try:
        model = register_model(actor=actor, name=job.model_name, team=job.team, **about)
    except Invalid:
        # What the source says of it is not what a model may hold; the name stands.
        model = register_model(actor=actor, name=job.model_name, team=job.team)
    return model


def _version(job: Import, model: RegisteredModel, plan: Plan, actor: User) -> ModelVersion:
    asked = job.asked
    version = create_version(
        model,
        actor=actor,
        source=job.source,
        label=asked["label"],
        description=asked["description"],
        facts=asked["facts"],
        found_facts=plan.facts,
    )
    found = plan.to_json()
    record_provenance(
        version,
        actor=actor,
        origin=Origin(
            plan.identity,
            plan.shown,
            plan.url,
            plan.is_complete,
            {
                name: found[name]
                for name in ("pinned", "files", "left_out", "left_out_metrics", "notices")
            },
        ),
        metrics=[stated(metric) for metric in plan.metrics],
        metric_source=kind_of(job.source).metrics,
    )
    if (digest := digest_of(plan)) is not None:
        record_conversion(version, plan, actor=actor, manifest_digest=digest)
    if plan.card:
        save_draft(version, actor=actor, sections=plan.card, based_on=0)
    return version


def _open_for_files(version: ModelVersion, plan: Plan, owner: User) -> None:
    """Make the upload that the worker fills: nobody sends to it, since the version has it."""
    upload = Upload.objects.create(
        owner=owner,
        state=Upload.State.TAKEN,
        version=version,
        expires_at=timezone.now() + LIFETIME,
    )
    UploadFile.objects.bulk_create(
        UploadFile(
            upload=upload,
            path=file.path,
            path_key=name_key(file.path),
            size=file.size,
            sha256=file.sha256,
        )
        for file in plan.files
    )


def _known(model: RegisteredModel, plan: Plan) -> ModelVersion | None:
    """Return the version that has these files, or refuse others under the same identity."""
    former = ready_version_of(model, plan.identity)
    if former is not None and _is_same_selection(former, plan):
        _refuse_rewritten(former, {file.path: file.sha256 for file in plan.files})
        _refuse_other_marks(former, plan)
        return former
    digest = digest_of(plan)
    if digest is None:
        return None
    ready = ModelVersion.objects.filter(
        registered_model=model, state=VersionState.READY, digest=digest
    )
    found: ModelVersion | None = (
        ready.filter(recalled_at=None, quarantined_at=None).order_by("-number").first()
    )
    return found


def _is_same_selection(former: ModelVersion, plan: Plan) -> bool:
    paths = set(former.files.values_list("path", flat=True))
    return paths == {file.path for file in plan.files}


def refuse_other_bytes(version: ModelVersion, plan: Plan, digests: Mapping[str, str]) -> None:
    """Raise ``Conflict`` if what was fetched for ``version`` differs from an earlier fetch.

    ``digests`` are the sha256 of the files by path. Equal identity means equal bytes, whatever
    the source says now.
    """
    former = ready_version_of(version.registered_model, plan.identity)
    if former is not None:
        _refuse_rewritten(former, digests)


def _refuse_rewritten(former: ModelVersion, digests: Mapping[str, str]) -> None:
    recorded = dict(former.files.values_list("path", "sha256"))
    for path, sha256 in digests.items():
        if sha256 and recorded.get(path, sha256) != sha256:
            raise _rewritten(former, path, sha256, recorded[path])


def _refuse_other_marks(former: ModelVersion, plan: Plan) -> None:
    """Compare what the source says of files whose sha256 it does not: an ETag, a blob's id."""
    recorded = {file["path"]: file["mark"] for file in former.provenance.document["files"]}
    for file in plan.files:
        if not file.sha256 and recorded.get(file.path, file.mark) != file.mark:
            raise _rewritten(former, file.path, file.mark, recorded[file.path])


def _rewritten(former: ModelVersion, path: str, now: str, then: str) -> Conflict:
    return Conflict(
        "source_rewritten",
        f"{path} has other bytes than when version {former.number} was fetched from the same "
        f"revision: {now}, not {then}.",
        mend="A revision never changes, so ask those who publish it what happened.",
        details={"path": path, "version": former.number},
    )


def _end_with(job: Import, known: ModelVersion) -> Import:
    job.same_as = known
    job.state = ImportState.DONE
    job.lease_until = job.waiting_since = None
    job.error_code = job.error = ""
    job.finished_at = timezone.now()
    job.save()
    record(
        "import:known",
        actor=None,
        about=job,
        model_id=known.registered_model_id,
        data={"number": job.number, "version": known.number},
    )
    return job


def _end_step(job: Import) -> None:
    job.steps.filter(name=ImportStep.Name.RESOLVE).update(finished_at=timezone.now())
