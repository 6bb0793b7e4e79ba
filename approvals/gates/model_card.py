"""The gate ``model_card``: the published card is complete.

Parameters: ``sections``, a list of section keys; without it every section is required.
"""

from typing import Any, Final

from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, name_list, only_keys, refuse_parameter
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.wording import counted, listed
from registry.cards import BY_KEY, SECTIONS, completeness

NAME: Final = "model_card"
TITLE: Final = "Model card"


def read(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters in normal form, or raise ``Invalid``."""
    only_keys(NAME, parameters, "sections")
    if "sections" not in parameters:
        return {}
    sections = name_list(NAME, parameters, "sections")
    if unknown := [key for key in sections if key not in BY_KEY]:
        raise refuse_parameter(
            NAME,
            f"a card has no section {unknown[0][:60]!r}.",
            f"The sections are {', '.join(BY_KEY)}.",
        )
    return {"sections": [key for key in BY_KEY if key in sections]}


def _required(parameters: Parameters) -> list[str]:
    return list(parameters.get("sections") or BY_KEY)


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:
    """Judge the published card by the rule of completeness."""
    required = _required(parameters)
    card = facts.version.card
    if card is None:
        return GateOutcome(
            NAME,
            TITLE,
            Outcome.FAIL,
            "No card is published",
            f"{facts.version.name} has no published model card.",
            mend=f"Write and publish {counted(len(required), 'section')}.",
            who=facts.contributors,
            fix=Fix("card_edit", "Write the card"),
        )
    missing = [one for one in completeness(card.sections).missing if one.section.key in required]
    done = len(required) - len(missing)
    findings = {
        "revision": card.number,
        "digest": card.digest,
        "missing": [[one.section.key, one.section.title, one.reason] for one in missing],
    }
    summary = f"{done} of {len(required)} required sections"
    if not missing:
        reason = f"Revision {card.number} holds every required section."
        return GateOutcome(NAME, TITLE, Outcome.PASS, summary, reason, findings=findings)
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        summary,
        " ".join(f"{one.section.title} {one.reason}." for one in missing),
        mend=" ".join(one.section.ask for one in missing),
        who=facts.contributors,
        fix=Fix(
            "card_edit",
            f"Write {counted(len(missing), 'section')}",
            missing[0].section.key,
        ),
        findings=findings,
    )


def words(parameters: Parameters) -> str:
    """Say which sections are required."""
    required = _required(parameters)
    if len(required) == len(SECTIONS):
        return f"all {len(SECTIONS)} sections"
    return listed([BY_KEY[key].title for key in required])


GATE: Final = Gate(NAME, TITLE, read, check, words)
