"""The policies of a new registry: without one that governs a move, nothing moves."""

from aegis.accounts.models import User
from aegis.audit.recording import verb
from approvals.models import PromotionPolicy
from approvals.policies import publish_revision
from approvals.policy_terms import TIERS, GateSpec


@verb
def publish_default_policies(*, actor: User) -> None:
    """Publish a policy for Staging and one for Production where there is none at all."""
    if PromotionPolicy.objects.exists():
        return
    publish_revision(
        actor=actor,
        name="staging",
        target="Staging",
        risk_tiers=TIERS,
        approvals_required=0,
        groups=[],
        gates=[GateSpec("signature"), GateSpec("provenance")],
        description="As Aegis comes: signed bytes whose origin is known.",
    )
    publish_revision(
        actor=actor,
        name="production",
        target="Production",
        risk_tiers=TIERS,
        approvals_required=2,
        groups=[],
        gates=[GateSpec("signature"), GateSpec("provenance"), GateSpec("model_card")],
        description="As Aegis comes: the same, a complete card, and two reviewers.",
    )
