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
    known = {name: facts.version.facts[name] for name in REQUIRED if name in facts.version.facts}
    missing = [name for name in REQUIRED if not _says_something(known.get(name))]
    if not missing:
        said = [_shown(known[name].value) for name in REQUIRED]
        return GateOutcome(
            NAME,
            TITLE,
            Outcome.PASS,
            "Data set and code are known",
            f"Trained on {said[0]} by the code {said[1]}.",
            findings={name: said[place] for place, name in enumerate(REQUIRED)},
        )
    titles = listed([FACTS[name].title.lower() for name in missing])
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        f"Nothing says the {titles}",
        f"The {listed([f'fact {name}' for name in missing])} of {facts.version.name} is missing."
        if len(missing) == 1
        else f"The facts {listed(missing)} of {facts.version.name} are missing.",
        mend=f"Record {listed(missing)}.",
        who=facts.contributors,
        fix=Fix("fact_add", f"Record the {titles}", missing[0]),
        findings={"missing": missing},
    )


def _says_something(fact: Any) -> bool:
    return fact is not None and bool(_shown(fact.value).strip())


def _shown(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value or "")
    name, version = str(value.get("name", "")), value.get("version") or value.get("digest")
    return f"{name}@{version}" if name and version else name


def words(parameters: Parameters) -> str:  # noqa: ARG001 -- A gate's signature.
    """Say what must be known."""
    return "data set and code version are recorded"


GATE: Final = Gate(NAME, TITLE, read, check, words)
