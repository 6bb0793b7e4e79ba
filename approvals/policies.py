"""Publish revisions of promotion policies, and say them in a sentence."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import rfc8785

from aegis.accounts.models import Team, User
from aegis.accounts.permits import require_administrator
from aegis.audit.recording import record, verb
from aegis.problems import Invalid
from aegis.text import plain_text
from approvals.gates import GATES
from approvals.governing import Requirement, policies_for, requirements
from approvals.models import PolicyGate, PolicyRevision, PromotionPolicy
from approvals.wording import counted, listed
from registry.models import MetricDefinition, RegisteredModel, Stage

__all__ = [
    "GateSpec",
    "Requirement",
    "policies_for",
    "publish_revision",
    "requirements",
    "sentence_of",
]

TARGETS: Final = (Stage.STAGING.value, Stage.PRODUCTION.value)
TIERS: Final = tuple(RegisteredModel.RiskTier.values)
MOST_APPROVALS: Final = 10
LONGEST_DAYS: Final = 365
ALWAYS_FOR_PRODUCTION: Final = ("model_card", "signature")
"""The gates without which no policy lets a version into Production."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True, slots=True)
class GateSpec:
    """A gate that a revision asks for. One that does not block warns instead."""

    gate: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_blocking: bool = True


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
    require_administrator(actor, "publish policies")
    revision = PolicyRevision(
        target=_one_of("target", target, TARGETS),
        risk_tiers=_tiers(risk_tiers),
        team=team,
        approvals_required=_whole("approvals_required", approvals_required, 0, MOST_APPROVALS),
        groups=sorted({group.group_id for group in groups}),
        expires_after_days=_whole("expires_after_days", expires_after_days, 1, LONGEST_DAYS),
        in_force=in_force,
        description=plain_text(
            description, field="description", limit=2000, multiline=True, required=False
        ),
        published_by=actor,
    )
    asked = _gates(gates)
    if in_force and revision.target == Stage.PRODUCTION:
        _require_floor(revision, asked)
    former = _begin(revision, name)
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
    record(
        "policy:published",
        actor=actor,
        about=revision,
        data={"policy": name, "revision": revision.number, "digest": revision.digest},
        texts={"description": revision.description},
    )
    _tell_requests(revision, former, actor)
    return revision


def _begin(revision: PolicyRevision, name: str) -> PolicyRevision | None:
    """Number the revision under the lock of its policy, and return the one before."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "policy_name_invalid",
            "A policy's name is lower-case letters, digits and hyphens, at most 80.",
            field="name",
        )
    PromotionPolicy.objects.get_or_create(name=name)
    revision.policy = PromotionPolicy.objects.select_for_update().get(name=name)
    former = revision.policy.revisions.order_by("-number").first()
    revision.number = former.number + 1 if former else 1
    return former


def _gates(gates: Sequence[GateSpec]) -> list[GateSpec]:
    asked: dict[str, GateSpec] = {}
    for spec in gates:
        gate = GATES.get(spec.gate)
        if gate is None:
            raise Invalid(
                "gate_unknown",
                f"There is no gate {str(spec.gate)[:60]!r}.",
                field="gates",
                mend=f"The gates are {', '.join(GATES)}.",
            )
        if spec.gate in asked:
            code = "gate_twice"
            raise Invalid(code, f"The gate {spec.gate} is asked for twice.", field="gates")
        asked[spec.gate] = GateSpec(spec.gate, gate.read(spec.parameters), spec.is_blocking)
    _check_directions(asked)
    return list(asked.values())


def _check_directions(asked: Mapping[str, GateSpec]) -> None:
    """Refuse a limit on the wrong side of a metric that is defined."""
    limits = asked["evaluation"].parameters["metrics"] if "evaluation" in asked else {}
    for defined in MetricDefinition.objects.filter(name__in=limits):
        kind = "min" if defined.direction == MetricDefinition.Direction.HIGHER else "max"
        if kind not in limits[defined.name]:
            raise Invalid(
                "gate_parameters_invalid",
                f"Gate evaluation: {defined.name} is better {defined.direction}, "
                f"so its limit is a {kind}.",
                field="gates",
            )


def _require_floor(revision: PolicyRevision, asked: Sequence[GateSpec]) -> None:
    blocking = {spec.gate for spec in asked if spec.is_blocking}
    missing = [name for name in ALWAYS_FOR_PRODUCTION if name not in blocking]
    if missing:
        raise Invalid(
            "policy_too_weak",
            f"A policy for Production needs the blocking {_gate_words(missing)}.",
            field="gates",
            mend=f"Add {listed(missing)}.",
        )
    if revision.approvals_required < 1:
        raise Invalid(
            "policy_too_weak",
            "A policy for Production needs at least one approval.",
            field="approvals_required",
        )


def _gate_words(names: Sequence[str]) -> str:
    return f"gate {names[0]}" if len(names) == 1 else f"gates {listed(names)}"


def _tiers(value: Sequence[int]) -> list[int]:
    tiers = sorted(set(value))
    if not tiers or any(isinstance(tier, bool) or tier not in TIERS for tier in tiers):
        raise Invalid(
            "policy_tiers_invalid",
            f"A policy governs at least one risk tier of {listed([str(t) for t in TIERS])}.",
            field="risk_tiers",
        )
    return tiers


def _one_of(name: str, value: str, among: Sequence[str]) -> str:
    if value not in among:
        sentence = f"{name.capitalize()} must be {listed(among, 'or')}."
        raise Invalid("policy_target_invalid", sentence, field=name)
    return value


def _whole(name: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        spoken = name.replace("_", " ").capitalize()
        sentence = f"{spoken} must be a whole number from {least} to {most}."
        raise Invalid("policy_number_invalid", sentence, field=name)
    return value


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


def _tell_requests(revision: PolicyRevision, former: PolicyRevision | None, actor: User) -> None:
    """Make stale what the revision or the one before it governs.

    Requests read policies, so their verb is looked up when it is needed.
    """
    import_module("approvals.requests").policy_changed(revision, former=former, actor=actor)


def sentence_of(revision: PolicyRevision) -> str:
    """Say what a revision asks for, for people who read no tables."""
    tiers = listed([str(tier) for tier in revision.risk_tiers], "or")
    owner = f" of {revision.team}" if revision.team_id else ""
    names = [str(team) for team in Team.objects.filter(group__in=revision.groups)]
    count = revision.gates.count()
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
