"""Aliases: movable names for versions. ``production`` and ``staging`` follow the stages instead."""

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from aegis.text import name_key
from registry.labels import is_label
from registry.locks import lock_model, lock_versions
from registry.models import Alias, AliasChange, ModelVersion, RegisteredModel, Stage
from registry.names import FREE_ALIAS_PATTERNS, check_alias, is_free_alias
from registry.permissions import CONTRIBUTE, require
from registry.versions import require_ready

STAGE_OF_ALIAS = {"production": Stage.PRODUCTION, "staging": Stage.STAGING}
"""The aliases that belong to the system, and the stages that they follow."""


@verb
def set_alias(model: RegisteredModel, name: str, *, actor: User, version: ModelVersion) -> Alias:
    """Point an alias of a free pattern at a ready version; where it points already, do nothing."""
    _guard_version(model, version)
    (version,) = lock_versions(model.pk, [version.pk])
    model = version.registered_model
    require(actor, CONTRIBUTE, model)
    checked = _free(name)
    require_ready(version)
    if is_label(model, checked):
        raise Conflict(
            "alias_taken",
            f"A version of {model.name} has the label {checked}, so no alias has that name.",
            mend="Choose another name.",
        )
    alias = _locked(model, checked)
    if alias is not None and alias.version_id == version.pk:
        return alias
    former = alias.version.number if alias else None
    alias = alias or Alias(registered_model=model, name=checked)
    alias.version = version
    alias.set_by = actor
    alias.save()
    _noted(alias, actor, version, {"former": former})
    return alias


@verb
def delete_alias(model: RegisteredModel, name: str, *, actor: User) -> None:
    """Remove an alias of a free pattern."""
    model = lock_model(model.pk)
    require(actor, CONTRIBUTE, model)
    alias = _locked(model, _free(name))
    if alias is None:
        raise NotFound("alias_not_found", f"{model.name} has no alias {name}.")
    _noted(alias, actor, None, {"former": alias.version.number})
    alias.delete()


def aliases_of(version: ModelVersion) -> list[str]:
    """Return the names that point at a version now, those that follow its stage first."""
    following = [name for name, stage in STAGE_OF_ALIAS.items() if stage == version.stage]
    named = Alias.objects.filter(version=version).order_by("name")
    return [*following, *named.values_list("name", flat=True)]


def _free(name: str) -> str:
    stage = STAGE_OF_ALIAS.get(name_key(name))
    if stage is not None:
        raise _governed(name, f"it follows the stage {stage.value}")
    checked = check_alias(name)
    if not is_free_alias(checked):
        raise _governed(checked, "only a policy could move it, and none does yet")
    return checked


def _governed(name: str, reason: str) -> Forbidden:
    return Forbidden(
        "alias_is_governed",
        f"Nobody sets the alias {name} by hand: {reason}.",
        mend=f"Aliases that match {' or '.join(FREE_ALIAS_PATTERNS)} are set freely; a version "
        "comes into a stage by a promotion.",
    )


def _guard_version(model: RegisteredModel, version: ModelVersion) -> None:
    if version.registered_model_id != model.pk:
        raise Invalid(
            "version_of_another_model",
            f"The version does not belong to {model.name}.",
            field="version",
        )


def _locked(model: RegisteredModel, name: str) -> Alias | None:
    aliases = Alias.objects.select_for_update(of=["self"]).select_related("version")
    alias: Alias | None = aliases.filter(registered_model=model, name__iexact=name).first()
    return alias


def _noted(
    alias: Alias, actor: User, version: ModelVersion | None, data: dict[str, int | None]
) -> None:
    AliasChange.objects.create(
        registered_model=alias.registered_model,
        name=alias.name,
        version=version,
        changed_by=actor,
    )
    record(
        "alias:set" if version else "alias:deleted",
        actor=actor,
        about=alias,
        model_id=alias.registered_model_id,
        data={"name": alias.name, "version": version.number if version else None, **data},
    )
