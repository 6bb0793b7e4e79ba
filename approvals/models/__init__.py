"""What may change: policies, promotion requests, decisions and transitions."""

from approvals.models.decisions import Comment, Decision, Dismissal
from approvals.models.policies import PolicyGate, PolicyRevision, PromotionPolicy
from approvals.models.requests import (
    GateResult,
    PromotionRequest,
    PromotionStatement,
    RequestState,
    RequestSubject,
)
from approvals.models.transitions import GovernedVersion, StageTransition, TransitionKind

__all__ = [
    "Comment",
    "Decision",
    "Dismissal",
    "GateResult",
    "GovernedVersion",
    "PolicyGate",
    "PolicyRevision",
    "PromotionPolicy",
    "PromotionRequest",
    "PromotionStatement",
    "RequestState",
    "RequestSubject",
    "StageTransition",
    "TransitionKind",
]
