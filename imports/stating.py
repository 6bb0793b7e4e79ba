"""Where a client says that its files come from: planned by our rules, believed by nobody.

Aegis has not asked the source. So the identity of what is stated is never that of what was
fetched, its facts are the uploader's word, its metrics are claims, and all of it says so.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import rfc8785
from django.db import transaction
from django.utils import timezone

from aegis.accounts.models import Team, User
from aegis.problems import Conflict, Invalid
from imports.asking import owner_of
from imports.models import Import, StatedOrigin
from imports.rights import require_import_right
from imports.sources.huggingface.stated import stated_repository
from imports.sources.mlflow.stated import stated_place, stated_run
from imports.sources.package import stated_package
from imports.sources.protocol import Notice, Plan
from imports.usable_plans import digest_of, refuse_refused, stated, usable
from registry.cards_publishing import save_draft
from registry.facts import check_facts
from registry.models import (
    Metric,
    ModelVersion,
    RegisteredModel,
    Upload,
    UploadFile,
    VersionState,
)
from registry.provenance import Origin, ready_version_of, record_provenance
from registry.uploads import locked_upload

PREFIX: Final = "stated:"
NOT_CHECKED: Final = Notice(
    "origin_stated",
    "Stated by the client that brought the files, not checked at the source.",
)


@dataclass(frozen=True, slots=True)
class StatedKind:
    """How what a client says of one source is planned, and whose right it takes to say so.

    ``place`` returns the place at the source for which the right is needed; None where none is.
    """

    plan: Callable[[Mapping[str, Any], Mapping[str, Any]], Plan]
    place: Callable[[Mapping[str, Any], Mapping[str, Any]], str] | None


KINDS: Final[dict[str, StatedKind]] = {
    "huggingface": StatedKind(stated_repository, lambda *_: ""),
    "mlflow": StatedKind(stated_run, stated_place),
    # Whoever may register files may say which registry they had them from.
    "package": StatedKind(stated_package, None),
}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a statement was found to say; ``known`` is the version that has those files already."""

    plan: Plan
    known: ModelVersion | None


def state_origin(
    upload: Upload,
    *,
    actor: User,
    source: str,
    reference: Mapping[str, Any],
    answers: Mapping[str, Any],
    model_name: str,
    team: Team | None = None,
) -> Looked:
    """Keep where the files of an open upload of ``actor`` are said to come from, and what is said.

    ``answers`` are the source's own, as the client got them. The files that are to be sent are
    those of the plan. Raises ``Invalid`` for what the source would not answer, ``Forbidden``
    without the right to import from it into ``model_name``, or for ``team``.
    """
    kind = KINDS.get(source)
    if kind is None:
        raise Invalid(
            "origin_source_unknown",
            f"No origin {str(source)[:40]!a} can be stated.",
            field="source",
            mend=f"There are {', '.join(KINDS)}.",
        )
    with transaction.atomic():
        model, owner = owner_of(model_name, team, actor)
    plan = _marked(usable(kind.plan(reference, answers)))
    place = kind.place(reference, answers) if kind.place else None
    if place is not None:
        require_import_right(owner, source=source, place=place)
    with locked_upload(upload, actor) as locked:
        StatedOrigin.objects.update_or_create(
            upload=locked,
            defaults={
                "source": source,
                "place": place or "",
                "plan": plan.to_json(),
                "answers_digest": hashlib.sha256(_canonical(answers)).hexdigest(),
                "stated_at": timezone.now(),
            },
        )
    return Looked(plan, _known(model, plan) if model else None)


def stated_with(upload: Upload, model: RegisteredModel) -> StatedOrigin | None:
    """Return what is stated of an upload's origin, if ``model`` may have files from there."""
    found: StatedOrigin | None = StatedOrigin.objects.filter(upload=upload).first()
    if found is None:
        return None
    if KINDS[found.source].place is not None:
        require_import_right(model.team, source=found.source, place=found.place)
    refuse_refused(Plan.from_json(found.plan))
    return found


def stated_plan(job: Import) -> dict[str, Any] | None:
    """Return the plan of what is stated of the files of an import, if something is."""
    found = StatedOrigin.objects.filter(upload__version=job.version_id)
    plan: dict[str, Any] | None = found.values_list("plan", flat=True).first()
    return plan if job.version_id is not None else None


def facts_with(origin: StatedOrigin, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the facts of a version: those that are stated of its origin, and ``facts`` over them.

    Both are the word of whoever adds the version.
    """
    return {**Plan.from_json(origin.plan).facts, **check_facts({} if facts is None else facts)}


def take_origin(
    origin: StatedOrigin, version: ModelVersion, files: list[UploadFile], *, actor: User
) -> None:
    """Record what is stated of a version's origin, inside the verb that adds the version.

    Raises ``Conflict`` with ``origin_differs`` where other files were sent than are stated.
    """
    plan = Plan.from_json(origin.plan)
    _refuse_other_files(plan, files)
    found = plan.to_json()
    document = {
        name: found[name] for name in ("pinned", "files", "left_out", "left_out_metrics", "notices")
    }
    record_provenance(
        version,
        actor=actor,
        origin=Origin(
            plan.identity,
            plan.shown,
            plan.url,
            plan.is_complete,
            document,
            stated_source=origin.source,
        ),
        metrics=[stated(metric) for metric in plan.metrics],
        metric_source=Metric.Source.CLAIM,
    )
    if plan.card:
        save_draft(version, actor=actor, sections=plan.card, based_on=0)


def _marked(plan: Plan) -> Plan:
    return replace(plan, identity=f"{PREFIX}{plan.identity}", notices=(NOT_CHECKED, *plan.notices))


def _known(model: RegisteredModel, plan: Plan) -> ModelVersion | None:
    """Return the version that surely has these files: fetched from there, or equal by digest.

    That somebody else stated the same origin before says nothing of the bytes that they sent.
    """
    paths = {file.path for file in plan.files}
    fetched = ready_version_of(model, plan.identity.removeprefix(PREFIX))
    if fetched is not None and set(fetched.files.values_list("path", flat=True)) == paths:
        return _if_given_out(fetched)
    digest = digest_of(plan)
    if digest is None:
        return None
    ready = ModelVersion.objects.filter(
        registered_model=model, state=VersionState.READY, digest=digest
    )
    found = ready.filter(recalled_at=None, quarantined_at=None).order_by("-number").first()
    return _if_given_out(found)


def _if_given_out(version: ModelVersion | None) -> ModelVersion | None:
    is_held = version is None or version.recalled_at or version.quarantined_at
    return None if is_held else version


def _refuse_other_files(plan: Plan, files: list[UploadFile]) -> None:
    said = {file.path: file for file in plan.files}
    sent = {file.path: file for file in files}
    for path in sorted(said.keys() ^ sent.keys()):
        raise _differs(path, "was not sent" if path in said else "is no file of it")
    for path, file in said.items():
        row = sent[path]
        if file.size not in {None, row.size} or file.sha256 not in {"", row.sha256}:
            raise _differs(path, "was sent with other bytes")


def _differs(path: str, how: str) -> Conflict:
    return Conflict(
        "origin_differs",
        f"The files are not those of the origin that is stated: {path} {how}.",
        mend="Send exactly the files that the origin was found to have, or state no origin.",
        details={"path": path},
    )


def _canonical(answers: Mapping[str, Any]) -> bytes:
    try:
        return rfc8785.dumps(dict(answers))
    except rfc8785.CanonicalizationError as error:
        raise Invalid(
            "origin_unreadable", "What is said of the origin holds a number that is none."
        ) from error
