"""What the gates said about a request, kept with the subject revision that it was about."""

from approvals.gates import GateOutcome, to_result
from approvals.models import GateResult, PromotionRequest


def keep_results(
    request: PromotionRequest, outcomes: list[GateOutcome], *, always: bool = True
) -> None:
    """Store what the gates said; unless ``always``, only where they say something else now."""
    if not always and _said(request) == {_saying(one) for one in outcomes}:
        return
    revision = request.version.subject_revision
    GateResult.objects.bulk_create(
        [to_result(outcome, request, subject_revision=revision) for outcome in outcomes]
    )


def latest_results(request: PromotionRequest) -> list[GateResult]:
    """Return what each gate of each policy said last about the present subject revision."""
    rows = GateResult.objects.filter(
        request=request, subject_revision=request.version.subject_revision
    )
    return list(
        rows.order_by("policy_revision_id", "gate", "-id").distinct("policy_revision_id", "gate")
    )


def _said(request: PromotionRequest) -> set[tuple[object, ...]]:
    return {
        (result.policy_revision_id, result.gate, str(result.outcome), result.reason)
        for result in latest_results(request)
    }


def _saying(outcome: GateOutcome) -> tuple[object, ...]:
    return (outcome.policy_revision_id, outcome.gate, str(outcome.outcome), outcome.reason)
