"""The policies of a new registry: without one that governs a move, nothing moves."""

from dataclasses import dataclass
from typing import Final

from aegis.accounts.models import Team, User
from aegis.audit.recording import verb
from approvals.models import PolicyRevision, PromotionPolicy
from approvals.policies import publish_revision
from approvals.policy_terms import TIERS, GateSpec


@dataclass(frozen=True, slots=True)
class DefaultPolicy:
    """A policy as Aegis comes with it: for every tier, of every team."""

    name: str
    target: str
    approvals_required: int
    gates: tuple[GateSpec, ...]
    description: str


DEFAULTS: Final = (
    DefaultPolicy(
        "staging",
        "Staging",
        0,
        (
            GateSpec("signature"),
            GateSpec("malware_scan"),
            GateSpec("secrets"),
            GateSpec("provenance"),
        ),
        "As Aegis comes: signed, scanned bytes whose origin is known.",
    ),
    DefaultPolicy(
        "production",
        "Production",
        2,
        (
            GateSpec("signature"),
            GateSpec("malware_scan"),
            GateSpec("secrets"),
            GateSpec("file_formats", is_blocking=False),
            GateSpec("provenance"),
            GateSpec("model_card"),
        ),
        "As Aegis comes: the same, a complete card, and two reviewers.",
    ),
)


@verb
def publish_default_policies(*, actor: User) -> None:
    """Publish a policy for Staging and one for Production where there is none at all."""
    if PromotionPolicy.objects.exists():
        return
    for default in DEFAULTS:
        publish_revision(
            actor=actor,
            name=default.name,
            target=default.target,
            risk_tiers=TIERS,
            approvals_required=default.approvals_required,
            groups=[],
            gates=list(default.gates),
            description=default.description,
        )


@verb
def renew_default_policies(*, actor: User) -> list[PolicyRevision]:
    """Publish revisions of the policies that Aegis came with, with the gates they lack by now.

    What an administrator made of them since stays as it is. Open requests that they govern
    become stale, so nobody's start does this by itself.
    """
    renewed = []
    for default in DEFAULTS:
        latest = PolicyRevision.objects.filter(policy__name=default.name).first()
        if latest is None or not latest.in_force:
            continue
        kept = [GateSpec(one.gate, one.parameters, one.is_blocking) for one in latest.gates.all()]
        missing = [one for one in default.gates if one.gate not in {spec.gate for spec in kept}]
        if missing:
            renewed.append(_published(latest, [*kept, *missing], actor))
    return renewed


def _published(latest: PolicyRevision, gates: list[GateSpec], actor: User) -> PolicyRevision:
    return publish_revision(
        actor=actor,
        name=latest.policy.name,
        target=latest.target,
        risk_tiers=latest.risk_tiers,
        team=latest.team,
        approvals_required=latest.approvals_required,
        groups=list(Team.objects.filter(group__in=latest.groups)),
        gates=gates,
        expires_after_days=latest.expires_after_days,
        description=latest.description,
    )
