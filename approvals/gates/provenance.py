"""The gate ``provenance``: the data set and the code that made the version are known.

It takes no parameters.
"""

from typing import Any, Final

from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, only_keys
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.wording import listed
from registry.facts import FACTS

NAME: Final = "provenance"
TITLE: Final = "Provenance"
REQUIRED: Final = ("dataset", "code_version")


def read(parameters: Parameters) -> dict[str, Any]:
    """Refuse every parameter."""
    only_keys(NAME, parameters)
    return {}


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:  # noqa: ARG001 -- A gate's signature.
    """Look for the facts."""
    known = facts.version.facts
    said = {name: _shown(known[name].value) if name in known else "" for name in REQUIRED}
    missing = [name for name, text in said.items() if not text]
    if missing:
        return _incomplete(facts, missing)
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.PASS,
        "Data set and code are known",
        f"Trained on {said['dataset']} by the code {said['code_version']}.",
        findings=said,
    )


def _incomplete(facts: GateInput, missing: list[str]) -> GateOutcome:
    titles = listed([FACTS[name].title.lower() for name in missing])
    are = "fact {} of {} is" if len(missing) == 1 else "facts {} of {} are"
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        f"Nothing says the {titles}",
        f"The {are.format(listed(missing), facts.version.name)} missing.",
        mend=f"Record {listed(missing)}.",
        who=facts.contributors,
        fix=Fix("fact_add", f"Record the {titles}", missing[0]),
        findings={"missing": missing},
    )


def _shown(value: Any) -> str:
    """Return ``name@version`` of a data set, or the text that another fact is."""
    if not isinstance(value, dict):
        return str(value or "").strip()
    name = str(value.get("name", "")).strip()
    version = value.get("version") or value.get("digest")
    return f"{name}@{version}" if name and version else name


def words(parameters: Parameters) -> str:  # noqa: ARG001 -- A gate's signature.
    """Say what must be known."""
    return "data set and code version are recorded"


GATE: Final = Gate(NAME, TITLE, read, check, words)
