"""Publish revisions of promotion policies, and say them in a sentence."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final

import rfc8785

from aegis.accounts.models import Team, User
from aegis.accounts.permits import require_administrator
from aegis.audit.recording import record, verb
from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text
from approvals.governing import (
    Requirement,
    concerns,
    policies_for,
    requirements,
    team_names_of,
)
from approvals.models import PolicyGate, PolicyRevision, PromotionPolicy, PromotionRequest
from approvals.policy_terms import (
    GateSpec,
    checked_gates,
    checked_number,
    checked_target,
    checked_tiers,
    require_floor,
)
from approvals.states import UNDER_WAY
from approvals.wording import counted, listed
from registry.models import Stage

__all__ = [
    "GateSpec",
    "Requirement",
    "policies_for",
    "publish_revision",
    "requirements",
    "sentence_of",
]

APPROVALS: Final = 10
"""The most approvals that a policy asks for."""
DAYS: Final = 365
"""The longest that a request lasts."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@verb
def publish_revision(  # noqa: PLR0913 -- What a policy says, each part by its name.
    *,
    actor: User,
    name: str,
    target: str,
    risk_tiers: Sequence[int],
    approvals_required: int,
    groups: Sequence[Team],
    gates: Sequence[GateSpec],
    team: Team | None = None,
    expires_after_days: int = 30,
    description: str = "",
    in_force: bool = True,
) -> PolicyRevision:
    """Publish the next revision of the policy ``name``, which it then is; only administrators may.

    Open requests that it governs, or that the revision before governed, become stale.
    Raises ``Invalid`` for a gate or parameter that does not exist.
    """
    policy = _locked(name)
    require_administrator(actor, "publish policies")
    former = policy.revisions.order_by("-number").first()
    asked = checked_gates(gates)
    revision = PolicyRevision(
        policy=policy,
        number=former.number + 1 if former else 1,
        target=checked_target(target),
        risk_tiers=checked_tiers(risk_tiers),
        team=team,
        approvals_required=checked_number("approvals_required", approvals_required, 0, APPROVALS),
        groups=sorted({group.group_id for group in groups}),
        expires_after_days=checked_number("expires_after_days", expires_after_days, 1, DAYS),
        in_force=in_force,
        description=plain_text(
            description, field="description", limit=2000, multiline=True, required=False
        ),
        published_by=actor,
    )
    if in_force and revision.target == Stage.PRODUCTION:
        require_floor(revision.approvals_required, asked)
    _save(revision, asked)
    record(
        "policy:published",
        actor=actor,
        about=revision,
        data={"policy": name, "revision": revision.number, "digest": revision.digest},
        texts={"description": revision.description},
    )
    _tell_requests(revision, former)
    return revision


def _locked(name: str) -> PromotionPolicy:
    """Return the policy of that name, new or not, under its lock."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "policy_name_invalid",
            "A policy's name is lower-case letters, digits and hyphens, at most 80.",
            field="name",
        )
    PromotionPolicy.objects.get_or_create(name=name)
    return PromotionPolicy.objects.select_for_update().get(name=name)


def _save(revision: PolicyRevision, asked: Sequence[GateSpec]) -> None:
    revision.digest = _digest(revision, asked)
    revision.save(force_insert=True)
    PolicyGate.objects.bulk_create(
        PolicyGate(
            revision=revision,
            position=place,
            gate=spec.gate,
            parameters=dict(spec.parameters),
            is_blocking=spec.is_blocking,
        )
        for place, spec in enumerate(asked)
    )


def _digest(revision: PolicyRevision, asked: Sequence[GateSpec]) -> str:
    content: dict[str, Any] = {
        "policy": revision.policy.name,
        "revision": revision.number,
        "target": revision.target,
        "risk_tiers": revision.risk_tiers,
        "team": str(revision.team_id) if revision.team_id else None,
        "approvals_required": revision.approvals_required,
        "groups": revision.groups,
        "expires_after_days": revision.expires_after_days,
        "in_force": revision.in_force,
        "description": revision.description,
        "gates": [
            {
                "gate": spec.gate,
                "parameters": dict(spec.parameters),
                "is_blocking": spec.is_blocking,
            }
            for spec in asked
        ],
    }
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def _tell_requests(*revisions: PolicyRevision | None) -> None:
    """Bring every request up to date that one of the revisions governs: it becomes stale."""
    from approvals.refreshing import refresh_requests_of  # noqa: PLC0415 -- It reads policies.

    under_way = PromotionRequest.objects.filter(state__in=UNDER_WAY).select_related(
        "version__registered_model"
    )
    models = {
        request.version.registered_model_id
        for request in under_way
        for revision in revisions
        if revision and concerns(revision, request.version.registered_model, request.target)
    }
    for model in sorted(models):
        refresh_requests_of(model)


def sentence_of(revision: PolicyRevision) -> str:
    """Say what a revision asks for, for people who read no tables."""
    tiers = listed([str(tier) for tier in revision.risk_tiers], "or")
    owner = f" of {revision.team}" if revision.team_id else ""
    names = team_names_of(revision)
    count = len(revision.gates.all())
    needs = [f"{counted(count, 'gate')} {'passes' if count == 1 else 'pass'}"] if count else []
    if revision.approvals_required:
        people = counted(revision.approvals_required, "person", "people")
        whom = f" of {listed(names, 'or')}" if names else ""
        verb_form = "approves" if revision.approvals_required == 1 else "approve"
        made = "had no hand in it"
        needs.append(f"{people}{whom} who {made} {verb_form} the same subject")
    what = f"A version of a Tier {tiers} model{owner} becomes {revision.target}"
    when = f" when {listed(needs)}" if needs else " as soon as it is asked for"
    days = counted(revision.expires_after_days, "day")
    sentence = f"{what}{when}. A request lasts {days}."
    return sentence if revision.in_force else f"Not in force. It said: {sentence}"
