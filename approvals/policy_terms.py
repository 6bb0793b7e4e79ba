"""What a policy may say: its gates, tiers and numbers, read strictly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aegis.problems import Invalid
from approvals.gates import GATES
from approvals.wording import listed
from registry.models import MetricDefinition, RegisteredModel, Stage

TARGETS: Final = (Stage.STAGING.value, Stage.PRODUCTION.value)
TIERS: Final = tuple(RegisteredModel.RiskTier.values)
ALWAYS_FOR_PRODUCTION: Final = ("model_card", "signature", "malware_scan")
"""The gates without which no policy lets a version into Production."""


@dataclass(frozen=True, slots=True)
class GateSpec:
    """A gate that a revision asks for. One that does not block warns instead."""

    gate: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_blocking: bool = True


def checked_gates(gates: Sequence[GateSpec]) -> list[GateSpec]:
    """Return the gates with their parameters in normal form, or raise ``Invalid``."""
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


def require_floor(approvals: int, asked: Sequence[GateSpec]) -> None:
    """Refuse a policy for Production that asks for less than Aegis promises."""
    blocking = {spec.gate for spec in asked if spec.is_blocking}
    missing = [name for name in ALWAYS_FOR_PRODUCTION if name not in blocking]
    if missing:
        raise Invalid(
            "policy_too_weak",
            f"A policy for Production needs the blocking {_gate_words(missing)}.",
            field="gates",
            mend=f"Add {listed(missing)}.",
        )
    if approvals < 1:
        raise Invalid(
            "policy_too_weak",
            "A policy for Production needs at least one approval.",
            field="approvals_required",
        )


def _gate_words(names: Sequence[str]) -> str:
    return f"gate {names[0]}" if len(names) == 1 else f"gates {listed(names)}"


def checked_tiers(value: Sequence[int]) -> list[int]:
    """Return the risk tiers in order, or raise ``Invalid``."""
    tiers = sorted(set(value))
    if not tiers or any(isinstance(tier, bool) or tier not in TIERS for tier in tiers):
        raise Invalid(
            "policy_tiers_invalid",
            f"A policy governs at least one risk tier of {listed([str(t) for t in TIERS])}.",
            field="risk_tiers",
        )
    return tiers


def checked_target(value: str) -> str:
    """Return the target stage, or raise ``Invalid``."""
    if value not in TARGETS:
        sentence = f"Target must be {listed(TARGETS, 'or')}."
        raise Invalid("policy_target_invalid", sentence, field="target")
    return value


def checked_number(name: str, value: object, least: int, most: int) -> int:
    """Return a whole number between two bounds, or raise ``Invalid``."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        spoken = name.replace("_", " ").capitalize()
        sentence = f"{spoken} must be a whole number from {least} to {most}."
        raise Invalid("policy_number_invalid", sentence, field=name)
    return value
