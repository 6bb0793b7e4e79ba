"""Row locks of the verbs of approvals: the model, then versions by number, then requests by number.

Whoever moves a stage locks the model first, so whoever holds it sees stages that stay.
"""

from uuid import UUID

from django.db.models import Q, QuerySet

from approvals.models import PromotionRequest
from approvals.states import UNDER_WAY
from registry.locks import lock_model, lock_versions
from registry.models import ModelVersion, RegisteredModel


def lock_request(key: UUID) -> PromotionRequest:
    """Lock a request after its model, its version and the one in its target; return it as it is."""
    known = PromotionRequest.objects.select_related("version").get(pk=key)
    version = lock_with_occupant(known.version, known.target)
    return _locked(PromotionRequest.objects.filter(pk=key), {version.pk: version})[0]


def lock_with_occupant(version: ModelVersion, target: str) -> ModelVersion:
    """Lock the model, the version and the one in the stage ``target``; return the version."""
    model = version.registered_model_id
    lock_model(model)
    wanted = ModelVersion.objects.filter(registered_model=model).filter(
        Q(pk=version.pk) | Q(stage=target)
    )
    locked = lock_versions(model, wanted.values_list("pk", flat=True))
    return next(row for row in locked if row.pk == version.pk)


def lock_requests_of(model: RegisteredModel) -> list[PromotionRequest]:
    """Lock every request of ``model`` that is under way, with their versions."""
    of_model = PromotionRequest.objects.filter(version__registered_model=model, state__in=UNDER_WAY)
    wanted = set(of_model.values_list("version_id", flat=True))
    versions = {row.pk: row for row in lock_versions(model.pk, wanted)}
    return _locked(of_model.filter(version__in=versions), versions)


def occupant_of(model: RegisteredModel, stage: str) -> ModelVersion | None:
    """Return the version that is in ``stage`` now."""
    found: ModelVersion | None = ModelVersion.objects.filter(
        registered_model=model, stage=stage
    ).first()
    if found is not None:
        found.registered_model = model
    return found


def _locked(
    wanted: QuerySet[PromotionRequest], versions: dict[UUID, ModelVersion]
) -> list[PromotionRequest]:
    requests = list(wanted.select_for_update().order_by("number"))
    for request in requests:
        request.version = versions[request.version_id]
    return requests
