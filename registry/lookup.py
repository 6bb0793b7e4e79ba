"""How registered models and their versions are found by the names that people use."""

from enum import StrEnum
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.db.models.functions import Lower

from aegis.accounts.models import User
from aegis.problems import Forbidden, NotFound
from aegis.text import name_key, refused_character
from registry.models import Alias, ModelVersion, RegisteredModel, VersionState
from registry.names import Ref, RefKind, parse_ref
from registry.permissions import model_not_found


class FoundBy(StrEnum):
    """By what a ref named its version."""

    NUMBER = "number"
    STAGE = "stage"
    ALIAS = "alias"
    LABEL = "label"
    LATEST = "latest"


class Resolved(NamedTuple):
    """A version, and by what its ref named it."""

    version: ModelVersion
    found_by: FoundBy


def get_model(name: str, *, user: User | AnonymousUser) -> RegisteredModel:
    """Return the registered model of that name, in any case, if ``user`` may see it."""
    if refused_character(name):
        raise model_not_found(name)
    models = RegisteredModel.objects.visible_to(user).select_related("team")
    model: RegisteredModel | None = models.filter(name_key=name_key(name)).first()
    if model is None:
        raise model_not_found(name)
    return model


def get_version(model: RegisteredModel, number: int) -> ModelVersion:
    """Return version ``number`` of ``model``."""
    return resolve_version(model, str(number)).version


def resolve_version(model: RegisteredModel, ref: str) -> Resolved:
    """Return the version that ``ref`` names: a number, a stage, ``latest``, an alias or a label.

    ``latest`` and a stage of many versions name the newest that is ready. Raises ``NotFound``,
    or ``Invalid`` for a ref that nothing could have as its name.
    """
    parsed = parse_ref(ref)
    found = _FINDERS[parsed.kind](model, parsed)
    if found is None:
        raise version_not_found(model.name, ref)
    found.version.registered_model = model
    return found


def outside_production() -> Forbidden:
    """Return the refusal of a version that is not in Production to a token limited to those."""
    return Forbidden(
        "token_production_only",
        "This token reads versions in Production only, and this one is not.",
        mend="Name the version by its stage: Production.",
    )


def version_not_found(name: str, ref: str) -> NotFound:
    """Return the refusal for a version that a model does not have."""
    return NotFound("version_not_found", f"{name} has no version {ref}.", details={"ref": ref})


def _by_number(model: RegisteredModel, ref: Ref) -> Resolved | None:
    return _resolved(_versions(model).filter(number=ref.number or 0).first(), FoundBy.NUMBER)


def _by_stage(model: RegisteredModel, ref: Ref) -> Resolved | None:
    ready = _versions(model).filter(stage=ref.stage, state=VersionState.READY)
    return _resolved(ready.first(), FoundBy.STAGE)


def _latest(model: RegisteredModel, ref: Ref) -> Resolved | None:  # noqa: ARG001 -- A finder.
    return _resolved(_versions(model).filter(state=VersionState.READY).first(), FoundBy.LATEST)


def _by_name(model: RegisteredModel, ref: Ref) -> Resolved | None:
    alias = (
        Alias.objects.alias(key=Lower("name"))
        .filter(registered_model=model, key=ref.key)
        .select_related("version__created_by")
        .first()
    )
    if alias is not None:
        return Resolved(alias.version, FoundBy.ALIAS)
    labelled = _versions(model).alias(key=Lower("label")).filter(key=ref.key)
    return _resolved(labelled.first(), FoundBy.LABEL)


def _versions(model: RegisteredModel) -> QuerySet[ModelVersion]:
    versions: QuerySet[ModelVersion] = (
        ModelVersion.objects.filter(registered_model=model)
        .select_related("created_by")
        .order_by("-number")
    )
    return versions


def _resolved(version: ModelVersion | None, found_by: FoundBy) -> Resolved | None:
    return None if version is None else Resolved(version, found_by)


_FINDERS = {
    RefKind.NUMBER: _by_number,
    RefKind.STAGE: _by_stage,
    RefKind.LATEST: _latest,
    RefKind.NAME: _by_name,
}
