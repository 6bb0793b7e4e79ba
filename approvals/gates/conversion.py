"""The gates of converted versions, which hold whatever a policy asks for.

``conversion_compared``: what was made gives the answers of what it was made of.
``conversion_origin``: nobody holds back what it was made of. The database's guard of stages asks
for both as well.
"""

from typing import Any, Final

from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, only_keys
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.records import ComparisonRecord
from approvals.wording import counted
from registry.comparisons import differing

COMPARED: Final = "conversion_compared"
ORIGIN: Final = "conversion_origin"
_COMPARED_TITLE: Final = "Conversion compared"
_ORIGIN_TITLE: Final = "Converted from"
_FIX: Final = Fix("compare", "Compare it")


def check_compared(facts: GateInput, parameters: Parameters) -> GateOutcome:  # noqa: ARG001 -- A gate's signature.
    """Look for a comparison, and for one that found a difference."""
    version = facts.version
    of_these = [one for one in version.comparisons if one.manifest_digest == version.digest]
    if version.derivation is None or not of_these:
        return _not_compared(facts)
    if found := differing(list(version.comparisons)):
        return _differs(facts, found)
    values = sum(one.values for one in of_these)
    largest = max(one.largest_difference or 0.0 for one in of_these)
    how = f"the largest difference is {largest:.3g}" if largest else "none of them differs"
    return GateOutcome(
        COMPARED,
        _COMPARED_TITLE,
        Outcome.PASS,
        f"{counted(values, 'value')} compared",
        f"Of {counted(values, 'value')} all are within the tolerance; {how}.",
        findings={"comparisons": [_said(one) for one in of_these]},
    )


def _not_compared(facts: GateInput) -> GateOutcome:
    version = facts.version
    origin = f"v{version.derivation.parent_number}" if version.derivation else "another version"
    return GateOutcome(
        COMPARED,
        _COMPARED_TITLE,
        Outcome.FAIL,
        "Not compared",
        f"{version.name} was converted from {origin}, and nothing shows that both give the same "
        "answers.",
        mend=f"Ask for the same conversion of {origin} again, with an input to try both with.",
        who=facts.contributors,
        fix=_FIX,
    )


def _differs(facts: GateInput, found: list[ComparisonRecord]) -> GateOutcome:
    worst = max(found, key=lambda one: one.outside)
    of_origin = f"v{facts.version.derivation.parent_number}" if facts.version.derivation else "it"
    by = worst.largest_difference
    return GateOutcome(
        COMPARED,
        _COMPARED_TITLE,
        Outcome.FAIL,
        f"{worst.outside:,} of {counted(worst.values, 'value')} outside the tolerance",
        f"{facts.version.name} does not give the answers of {of_origin}: {worst.outside:,} of "
        f"{counted(worst.values, 'value')} differ by more than the tolerance"
        + (f", the largest by {by:.3g}." if by is not None else "."),
        mend=f"Promote {of_origin} itself, or convert it in another way.",
        who=facts.contributors,
        fix=_FIX,
        findings={"comparisons": [_said(one) for one in found]},
    )


def _said(one: ComparisonRecord) -> dict[str, Any]:
    return {
        "method": one.method,
        "input": one.input_digest,
        "values": one.values,
        "outside": one.outside,
        "largest_difference": one.largest_difference,
    }


def check_origin(facts: GateInput, parameters: Parameters) -> GateOutcome:  # noqa: ARG001 -- A gate's signature.
    """Look whether the version that it was converted from is held back."""
    origin = facts.version.derivation
    if origin is None:
        return GateOutcome(
            ORIGIN,
            _ORIGIN_TITLE,
            Outcome.FAIL,
            "Not known",
            f"Nothing says what {facts.version.name} was converted from.",
            mend="Convert the original again.",
            who=facts.contributors,
        )
    name = f"v{origin.parent_number}"
    if origin.parent_recalled_at is not None:
        return _held_back(facts, name, "was recalled", "Convert another version.")
    if origin.parent_quarantined_at is not None:
        mend = f"Once {name} is out of quarantine this passes by itself."
        return _held_back(facts, name, "is in quarantine", mend)
    reason = (
        f"{facts.version.name} was converted from {name} by {origin.converter}, and nobody holds "
        f"{name} back."
    )
    return GateOutcome(ORIGIN, _ORIGIN_TITLE, Outcome.PASS, name, reason)


def _held_back(facts: GateInput, origin: str, how: str, mend: str) -> GateOutcome:
    return GateOutcome(
        ORIGIN,
        _ORIGIN_TITLE,
        Outcome.FAIL,
        f"{origin} {how}",
        f"{facts.version.name} was converted from {origin}, which {how}: what is wrong with one "
        "may be wrong with both.",
        mend=mend,
        who=facts.contributors,
    )


def _read(parameters: Parameters) -> dict[str, Any]:
    """Refuse every parameter."""
    only_keys("conversion", parameters)
    return {}


ALWAYS: Final = (
    Gate(
        COMPARED,
        _COMPARED_TITLE,
        _read,
        check_compared,
        lambda _: "a converted version gives the answers of what it was converted from",
    ),
    Gate(
        ORIGIN,
        _ORIGIN_TITLE,
        _read,
        check_origin,
        lambda _: "nobody holds back what it was converted from",
    ),
)
"""The gates of every converted version."""
