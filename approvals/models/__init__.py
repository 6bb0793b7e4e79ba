"""What may change: policies, promotion requests, decisions and transitions."""

from approvals.models.decisions import Comment, Decision, Dismissal
from approvals.models.policies import PolicyGate, PolicyRevision, PromotionPolicy
from approvals.models.requests import (
    GateResult,
    PromotionRequest,
    RequestSubject,
)
from approvals.models.statements import PromotionStatement
from approvals.models.transitions import GovernedVersion, StageTransition
from approvals.states import RequestState, TransitionKind

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
