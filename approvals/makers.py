"""Who asks for a version's promotion is among its makers: they attest none of its evidence."""

from collections.abc import Iterable

from aegis.accounts.models import User
from approvals.models import PromotionRequest
from approvals.states import UNDER_WAY
from registry.makers import adds_makers
from registry.models import ModelVersion


@adds_makers("asked for its promotion")
def requesters(version: ModelVersion) -> Iterable[User]:
    """Return who asked for a promotion of the version that is under way."""
    requests = PromotionRequest.objects.filter(version=version, state__in=UNDER_WAY)
    return [request.requested_by for request in requests.select_related("requested_by")]
