"""Asking for an import from a source, starting one that was looked up, cancelling, trying again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aegis.accounts.models import Team, User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Invalid
from aegis.text import name_key
from imports.converting.known import check_possible
from imports.converting.wishes import change_wish, steps_of_wish
from imports.hints import hint
from imports.machine import guard
from imports.models import Import, ImportState, ImportStep
from imports.rights import require_import_right
from imports.sources.configured import SourceKind, kind_of
from registry.facts import check_facts
from registry.labels import free_label
from registry.locks import lock_model, lock_version
from registry.models import ModelVersion, RegisteredModel
from registry.names import check_label, check_model_name
from registry.permissions import CONTRIBUTE, require
from registry.registration import require_registering
from registry.signing.configured import key_for
from registry.versions import check_description, mark_failed, reopen

_NOTING = ImportStep.Name.ANNOTATE


@dataclass(frozen=True, slots=True)
class Wish:
    """What a version is to be registered with. ``label`` None asks for the next free one.

    ``convert`` is a format, or a converter's name, that it is converted to once it is ready.
    """

    label: str | None = ""
    description: str = ""
    facts: Mapping[str, Any] | None = None
    sign_key: str | None = None
    new_version: bool = False
    keep_temp: bool = False
    convert: str = ""


@verb
def ask_import(
    *,
    actor: User,
    source: str,
    reference: Mapping[str, Any],
    model_name: str,
    team: Team | None = None,
    wish: Wish | None = None,
    waits_for_start: bool = False,
) -> Import:
    """Have a worker bring a version in from ``source``; it is looked up before it takes a number.

    A model of ``model_name`` that is not there is registered for ``team`` once it was found what
    is to come in. What can be refused without asking the source is refused now: ``reference``,
    ``wish``, the rights. With ``waits_for_start`` nothing follows the look until ``start``.
    """
    wish = wish or Wish()
    _refuse_too_many(actor)
    kind = kind_of(source)
    checked = kind.check(reference)
    model, owner = owner_of(model_name, team, actor)
    if kind.needs_right:
        require_import_right(owner, source=source, place=kind.place(checked))
    key = key_for(model, name=wish.sign_key) if model else None
    _check_wish(wish, model)
    job = Import.objects.create(
        source=source,
        registered_model=model,
        model_name=model.name if model else model_name,
        team=None if model else owner,
        reference=checked,
        asked={**asdict(wish), "facts": dict(wish.facts or {})},
        signing_key=key,
        requested_by=actor,
        waits_for_start=waits_for_start,
    )
    job.refresh_from_db(fields=["number"])
    steps = [ImportStep(job=job, name=name) for name in _steps(kind)]
    ImportStep.objects.bulk_create(steps + steps_of_wish(job, wish.convert))
    _record("import:asked", job, actor, source=source)
    transaction.on_commit(partial(hint, job.pk), robust=True)
    return job


@verb
def start(job: Import, *, actor: User, convert: str | None = None) -> Import:
    """Go on with an import that was looked up.

    ``convert`` is a format that its version is converted to, empty for none, in place of what was
    wished for when it was asked for; None leaves that as it is.
    """
    job = _locked(job, actor)
    job.state = guard(job, "start")
    changed = {}
    if convert is not None and change_wish(job, convert):
        changed = {"convert": convert}
    job.waits_for_start = False
    job.save(update_fields=["state", "waits_for_start"])
    _record("import:started", job, actor, **changed)
    transaction.on_commit(partial(hint, job.pk), robust=True)
    return job


@verb
def cancel(job: Import, *, actor: User) -> Import:
    """End an import that is under way; a version that took a number fails with that reason."""
    job = _locked(job, actor)
    target = guard(job, "cancel")
    if job.version is not None:
        reason = "The import was cancelled."
        mark_failed(job.version, actor=actor, code="import_cancelled", reason=reason)
    job.state = target
    job.lease_until = job.waiting_since = None
    job.error_code = job.error = ""
    job.finished_at = timezone.now()
    # Whoever runs it now loses it with its next word to the database.
    job.fence += 1
    job.save()
    _record("import:cancelled", job, actor)
    return job


@verb
def retry(job: Import, *, actor: User) -> Import:
    """Have a failed import tried again, from its first step and under the same number."""
    job = _locked(job, actor)
    target = guard(job, "retry")
    if job.version is not None:
        reopen(job.version, actor=actor)
    else:
        job.plan = None
    job.state = target
    job.bytes_done = job.attempts = 0
    job.error_code = job.error = job.error_kind = ""
    job.error_details = {}
    job.lease_until = job.waiting_since = job.finished_at = job.kept_until = None
    job.save()
    # What is wished for afterwards has not begun, and stays wished for.
    tried = job.steps.exclude(name=ImportStep.Name.CONVERT)
    tried.update(started_at=None, finished_at=None, result={})
    _record("import:retried", job, actor)
    transaction.on_commit(partial(hint, job.pk), robust=True)
    return job


def _locked(job: Import, actor: User) -> Import:
    """Lock an import after its model and version, for whoever may change it."""
    if job.version is not None:
        lock_version(job.version)
    if job.registered_model is not None:
        require(actor, CONTRIBUTE, lock_model(job.registered_model.pk))
    else:
        require_registering(actor, _owner(job))
    found = Import.objects.select_for_update(of=("self",))
    locked = found.select_related("version__registered_model", "registered_model", "team").get(
        pk=job.pk
    )
    if locked.version_id != job.version_id:
        # Its version would be locked after it, which others do the other way round.
        raise Conflict(
            "import_went_on",
            f"Import {job.number} has just taken its version's number.",
            mend="Look at it again.",
        )
    return locked


def _steps(kind: SourceKind) -> list[ImportStep.Name]:
    left_out = {ImportStep.Name.CONVERT} | (set() if kind.keeps_notes else {_NOTING})
    return [name for name in ImportStep.Name if name not in left_out]


def owner_of(
    model_name: str, team: Team | None, actor: User
) -> tuple[RegisteredModel | None, Team]:
    """Return the locked model of that name, if there is one, and whose it is or would be."""
    model = _model(model_name, actor)
    return model, model.team if model else _team_for_new(team, model_name, actor)


def _owner(job: Import) -> Team:
    assert job.team is not None
    return job.team


def _model(name: str, actor: User) -> RegisteredModel | None:
    """Return the locked model of that name, if there is one that ``actor`` may see."""
    key = name_key(check_model_name(name))
    found = RegisteredModel.objects.visible_to(actor).filter(name_key=key).first()
    if found is None:
        return None
    model = lock_model(found.pk)
    require(actor, CONTRIBUTE, model)
    return model


def _team_for_new(team: Team | None, name: str, actor: User) -> Team:
    if team is None:
        raise Invalid(
            "team_missing",
            f"There is no registered model {name} yet, and nothing says which team's it would be.",
            field="team",
            mend="Name the team, or a model that is there.",
        )
    require_registering(actor, team)
    return team


def _check_wish(wish: Wish, model: RegisteredModel | None) -> None:
    check_description(wish.description)
    check_facts(dict(wish.facts or {}))
    if wish.convert:
        check_possible(wish.convert, field="convert")
    if model is not None:
        free_label(model, wish.label)
    elif wish.label:
        check_label(wish.label)


def _refuse_too_many(actor: User) -> None:
    under_way = Import.objects.filter(
        requested_by=actor,
        state__in=[ImportState.WAITING, ImportState.RUNNING, ImportState.PLANNED],
    )
    if (count := under_way.count()) >= settings.AEGIS_IMPORTS_OPEN:
        raise Conflict(
            "too_many_imports",
            f"You have {count} imports under way, and more than that are not taken.",
            mend="Wait until one of them ends, or cancel one.",
        )


def _record(action: str, job: Import, actor: User, **data: Any) -> None:
    version: ModelVersion | None = job.version
    record(
        action,
        actor=actor,
        about=job,
        model_id=job.registered_model_id,
        data={
            "number": job.number,
            **({"version": version.number} if version else {}),
            **data,
        },
    )
