"""Who asks for a version's promotion is among its makers: no evidence of it rests on their word."""

from collections.abc import Iterable

from aegis.accounts.models import User
from approvals.models import PromotionRequest
from approvals.states import UNDER_WAY
from registry.evidence import current_evidence
from registry.makers import adds_makers, person_of
from registry.models import Attestation, ModelVersion


@adds_makers("asked for its promotion")
def requesters(version: ModelVersion) -> Iterable[User]:
    """Return who asked for a promotion of the version that is under way."""
    requests = PromotionRequest.objects.filter(version=version, state__in=UNDER_WAY)
    return [request.requested_by for request in requests.select_related("requested_by")]


def has_attested(user: User, version: ModelVersion) -> bool:
    """Say whether the person behind ``user`` attested evidence that holds for ``version``."""
    said = Attestation.objects.filter(evidence__in=current_evidence(version))
    attesters = [one.attested_by for one in said.select_related("attested_by")]
    return person_of(user) in {person_of(attester) for attester in attesters}
