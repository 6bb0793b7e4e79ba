"""Registering and editing registered models."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from aegis.accounts.models import Team, User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid
from aegis.sensitive.texts import plain_text
from aegis.text import name_key
from registry import sharing
from registry.locks import lock_model
from registry.models import RegisteredModel
from registry.names import check_model_name
from registry.permissions import CONTRIBUTE, MAINTAIN, Role, lacking, permissions_of, require
from registry.search_documents import refresh_search_document
from registry.tags import check_tags

DESCRIPTION_LENGTH: Final = 10_000
LINE_LENGTH: Final = 80


@verb
def register_model(  # noqa: PLR0913 -- What a model is registered with, all by name.
    *,
    actor: User,
    name: str,
    team: Team,
    description: str = "",
    task: str = "",
    framework: str = "",
    tags: Mapping[str, str] | None = None,
    risk_tier: int = RegisteredModel.RiskTier.HIGHEST,
    visibility: str = RegisteredModel.Visibility.INTERNAL,
) -> RegisteredModel:
    """Register a model for ``team``; ``actor`` becomes its maintainer."""
    require_registering(actor, team)
    fields = _checked(
        description=description,
        task=task,
        framework=framework,
        tags={} if tags is None else tags,
        visibility=visibility,
    )
    if risk_tier != RegisteredModel.RiskTier.HIGHEST:
        raise Invalid(
            "risk_tier_starts_highest",
            "A new model starts in tier 1, the strictest.",
            field="risk_tier",
            mend="Leave the risk tier out.",
        )
    model = _added(check_model_name(name), team=team, created_by=actor, **fields)
    sharing.give(model, Role.MAINTAINER, user=actor)
    refresh_search_document(model)
    record(
        "model:registered",
        actor=actor,
        about=model,
        model_id=model.pk,
        data={
            "name": model.name,
            "team": team.slug,
            "risk_tier": int(model.risk_tier),
            "visibility": str(model.visibility),
        },
        texts=_texts(fields),
    )
    return model


@verb
def edit_model(model: RegisteredModel, *, actor: User, **changes: Any) -> RegisteredModel:
    """Change description, task, framework, tags, visibility or (stricter only) the risk tier.

    What is given as it is already changes nothing and is not recorded.
    """
    model = lock_model(model.pk)
    require(actor, CONTRIBUTE, model)
    wanted = _checked(**changes)
    changed = {name: value for name, value in wanted.items() if getattr(model, name) != value}
    _permit_governed(actor, model, changed)
    if not changed:
        return model
    for name, value in changed.items():
        setattr(model, name, value)
    model.save(update_fields=[*changed, "updated_at"])
    refresh_search_document(model)
    record(
        "model:edited",
        actor=actor,
        about=model,
        model_id=model.pk,
        data={
            "changed": sorted(changed),
            **{name: changed[name] for name in ("risk_tier", "visibility") if name in changed},
        },
        texts=_texts(changed),
    )
    return model


def may_register_for(user: User, team: Team) -> bool:
    """Say whether ``user`` may register models for ``team``."""
    return user.is_active and (
        user.is_administrator or team.group.user_set.filter(pk=user.pk).exists()
    )


def require_registering(actor: User, team: Team) -> None:
    """Raise ``Forbidden`` unless ``actor`` may register models for ``team``."""
    if not may_register_for(actor, team):
        raise Forbidden(
            "not_in_team",
            f"Only members of {team.name} and administrators register models for it.",
            mend="An administrator can add you to the team.",
        )


def touch(model: RegisteredModel) -> None:
    """Note, inside a verb, that something about ``model`` changed just now."""
    RegisteredModel.objects.filter(pk=model.pk).update(updated_at=timezone.now())


def _permit_governed(actor: User, model: RegisteredModel, changed: Mapping[str, Any]) -> None:
    """Refuse changes of what chooses who sees the model and which policies govern it."""
    if changed.get("risk_tier", 0) > model.risk_tier:
        raise Forbidden(
            "risk_tier_governed",
            "One person makes a risk tier stricter, never weaker.",
            details={"field": "risk_tier"},
        )
    governed = changed.keys() & {"risk_tier", "visibility"}
    if governed and MAINTAIN not in permissions_of(actor, model):
        raise lacking(MAINTAIN, model)


def _added(name: str, **fields: Any) -> RegisteredModel:
    taken = Conflict(
        "name_taken",
        f"There is a registered model of the name {name} already; upper and lower case count as "
        "the same.",
        mend="Choose another name; one that was used is not used again.",
    )
    if RegisteredModel.objects.filter(name_key=name_key(name)).exists():
        raise taken
    try:
        with transaction.atomic():
            model: RegisteredModel = RegisteredModel.objects.create(
                name=name, name_key=name_key(name), **fields
            )
    except IntegrityError as error:
        # Somebody else registered the name between the question and the row.
        if "name_key" not in str(error):
            raise
        raise taken from error
    return model


def _checked(**fields: Any) -> dict[str, Any]:
    unknown = sorted(fields.keys() - _CHECKS.keys())
    if unknown:
        raise Invalid(
            "field_unknown",
            f"A registered model has no field {unknown[0]} that can be changed.",
            field=unknown[0],
            mend=f"These can: {', '.join(_CHECKS)}.",
        )
    return {name: _CHECKS[name](value) for name, value in fields.items()}


def _visibility(value: Any) -> str:
    if value not in RegisteredModel.Visibility.values:
        raise Invalid(
            "visibility_unknown",
            f"A model is {' or '.join(RegisteredModel.Visibility.values)}.",
            field="visibility",
        )
    return str(value)


def _risk_tier(value: Any) -> int:
    if isinstance(value, bool) or value not in RegisteredModel.RiskTier.values:
        raise Invalid("risk_tier_unknown", "A risk tier is 1, 2 or 3.", field="risk_tier")
    return int(value)


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: fields[name] for name in ("description", "task", "framework") if name in fields}
    if tags := fields.get("tags"):
        texts["tags"] = "\n".join(f"{name}={words}" for name, words in tags.items())
    return texts


def _line(name: str) -> Callable[[Any], str]:
    return partial(plain_text, field=name, limit=LINE_LENGTH, required=False)


_CHECKS: Final[dict[str, Callable[[Any], Any]]] = {
    "description": partial(
        plain_text, field="description", limit=DESCRIPTION_LENGTH, multiline=True, required=False
    ),
    "task": _line("task"),
    "framework": _line("framework"),
    "tags": check_tags,
    "visibility": _visibility,
    "risk_tier": _risk_tier,
}
