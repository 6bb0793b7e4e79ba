"""Why a request speaks of a world that is gone, in a sentence that names what happened."""

import json
from dataclasses import dataclass

from approvals.locking import occupant_of
from approvals.machine import stage_move
from approvals.models import PolicyRevision, PromotionRequest, StageTransition
from approvals.states import TransitionKind
from approvals.subject import Subject, diff_subjects
from registry.models import ModelVersion, Stage


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The reason for programs and the sentence for people."""

    code: str
    sentence: str


def why_overtaken(
    request: PromotionRequest, policies: list[PolicyRevision], subject: Subject
) -> Overtaken | None:
    """Say why a locked request can only be asked anew, or None while it stands."""
    return (
        _by_its_version(request.version, request.target)
        or _by_another_version(request)
        or _by_its_policies(request, policies, subject)
    )


def _by_its_version(version: ModelVersion, target: str) -> Overtaken | None:
    name = f"v{version.number}"
    if version.stage == target:
        return Overtaken("already_there", f"{name} is in {target} already.")
    if version.recalled_at is not None:
        return Overtaken("version_recalled", f"{name} was recalled.")
    if version.quarantined_at is not None:
        return Overtaken("version_quarantined", f"{name} was quarantined.")
    if version.stage == Stage.ARCHIVED:
        return Overtaken("version_archived", f"{name} was archived.")
    if stage_move(TransitionKind.PROMOTION, version.stage, target) is None:
        return Overtaken("stage_order", f"{name} is in {version.stage} now.")
    return None


def _by_another_version(request: PromotionRequest) -> Overtaken | None:
    there = occupant_of(request.version.registered_model, request.target)
    if (there.pk if there else None) == request.replaces_id:
        return None
    if there is None:
        assert request.replaces is not None
        gone = f"v{request.replaces.number} left {request.target} meanwhile."
        return Overtaken("occupant_changed", f"{gone} The promotion can be asked for again.")
    sentence = (
        f"v{there.number} came to {request.target} by {_way_of(there)} meanwhile. "
        f"Ask again if v{request.version.number} should replace it."
    )
    return Overtaken("occupant_changed", sentence)


def _way_of(version: ModelVersion) -> str:
    moves = StageTransition.objects.filter(version=version, target=version.stage)
    move = moves.select_related("request").order_by("-sequence").first()
    if move is None or move.request is None:
        return "a rollback"
    return f"request {move.request.number}"


def _by_its_policies(
    request: PromotionRequest, policies: list[PolicyRevision], subject: Subject
) -> Overtaken | None:
    if not policies:
        return Overtaken("policy_changed", f"No policy governs moves to {request.target} any more.")
    former = request.subjects.first()
    if (
        former is None
        or json.loads(former.body)["policies"] == json.loads(subject.body)["policies"]
    ):
        return None
    words = [
        change.words
        for change in diff_subjects(former.body, subject.body)
        if change.part == "policies"
    ]
    return Overtaken("policy_changed", f"{' '.join(words)} The promotion can be asked for again.")


def _policies_in(body: str) -> object:
    return json.loads(body)["policies"]
