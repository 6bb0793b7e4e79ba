"""Row locks of verbs, always taken in one order: the registered model, then versions by number.

Requests, aliases, uploads and imports come after them, so that two verbs never wait for each
other in a circle.
"""

from collections.abc import Iterable
from uuid import UUID

from registry.models import ModelVersion, RegisteredModel


def lock_model(key: UUID) -> RegisteredModel:
    """Lock a registered model and return it as it is now."""
    model: RegisteredModel = RegisteredModel.objects.select_for_update().get(pk=key)
    return model


def lock_version(version: ModelVersion) -> ModelVersion:
    """Lock a version, after its model, and return it as it is now."""
    (locked,) = lock_versions(version.registered_model_id, [version.pk])
    return locked


def lock_versions(model: UUID, keys: Iterable[UUID]) -> list[ModelVersion]:
    """Lock versions of one model, after the model and by number, and return them as they are."""
    registered_model = lock_model(model)
    versions = list(
        ModelVersion.objects.select_for_update()
        .filter(registered_model=registered_model, pk__in=list(keys))
        .order_by("number")
    )
    for version in versions:
        version.registered_model = registered_model
    return versions
