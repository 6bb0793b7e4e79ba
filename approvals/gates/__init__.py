"""The automatic checks that policies ask for.

A gate that is not in ``GATES`` does not exist: a policy that names it is refused, and
one that named it anyway gets ``error``, which blocks. Those of converted versions hold under every
policy, and none names them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import structlog

from approvals.gates import (
    compliance_tags,
    conversion,
    evaluation,
    file_formats,
    licence,
    malware_scan,
    model_card,
    provenance,
    secrets,
    signature,
)
from approvals.gates.facts import GateInput, gate_input, load_meanings
from approvals.gates.gate import Gate, Parameters
from approvals.gates.outcomes import (
    BLOCKING,
    Fix,
    GateOutcome,
    Outcome,
    blocking,
    folded,
    from_result,
    to_result,
    warnings,
)
from approvals.governing import policies_for
from approvals.models import PolicyGate, PolicyRevision
from approvals.record_query import load_record
from registry.models import ModelVersion

__all__ = [
    "BLOCKING",
    "GATES",
    "Fix",
    "Gate",
    "GateInput",
    "GateOutcome",
    "Outcome",
    "blocking",
    "check",
    "folded",
    "from_result",
    "run",
    "to_result",
    "warnings",
]

log = structlog.get_logger(__name__)

GATES: Final[Mapping[str, Gate]] = {
    gate.name: gate
    for gate in (
        evaluation.GATE,
        model_card.GATE,
        compliance_tags.GATE,
        provenance.GATE,
        licence.GATE,
        signature.GATE,
        malware_scan.GATE,
        file_formats.GATE,
        secrets.GATE,
    )
}


def check(
    version: ModelVersion, target: str, *, policies: Iterable[PolicyRevision] | None = None
) -> list[GateOutcome]:
    """Run every gate that the policies ask for before ``version`` moves to ``target``.

    Empty where no policy governs the move, which then is not allowed. One outcome for
    each gate of each policy; ``folded`` leaves out repetitions.
    """
    if policies is None:
        policies = policies_for(version.registered_model, target)
    return run(gate_input(load_record(version), load_meanings()), policies)


def run(facts: GateInput, policies: Iterable[PolicyRevision]) -> list[GateOutcome]:
    """Run the gates of ``policies`` on facts that are loaded already."""
    always = conversion.ALWAYS if facts.version.is_converted else ()
    outcomes = []
    for policy in policies:
        found = [(_outcome(asked, facts), asked.is_blocking) for asked in policy.gates.all()]
        found += [(_checked(gate, facts, {}), True) for gate in always]
        outcomes += [
            replace(
                outcome,
                is_blocking=is_blocking,
                policy=policy.policy.name,
                policy_revision_id=policy.pk,
            )
            for outcome, is_blocking in found
        ]
    return outcomes


def _outcome(asked: PolicyGate, facts: GateInput) -> GateOutcome:
    gate = GATES.get(asked.gate)
    if gate is None:
        return GateOutcome(
            asked.gate,
            asked.gate,
            Outcome.ERROR,
            "Unknown gate",
            f"There is no gate {asked.gate}, so nothing was checked.",
            mend="Publish a revision of the policy without it.",
            who="An administrator",
            fix=Fix("policy", "Read the policy"),
        )
    return _checked(gate, facts, asked.parameters)


def _checked(gate: Gate, facts: GateInput, parameters: Parameters) -> GateOutcome:
    try:
        return gate.check(facts, parameters)
    except Exception:  # A gate that crashes must not pass, and must not hide the others.
        log.exception("gate.crashed", gate=gate.name, version=str(facts.version.id))
        return GateOutcome(
            gate.name,
            gate.title,
            Outcome.ERROR,
            "Could not be checked",
            "The gate met an error of its own, so it says nothing about the version.",
            mend="Look into the log for gate.crashed, then check again.",
            who="An administrator",
        )
