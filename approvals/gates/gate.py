"""What a gate is: a name, what its parameters may be, and a pure check of facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aegis.problems import Invalid
from approvals.gates.facts import GateInput
from approvals.gates.outcomes import GateOutcome

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """One automatic check.

    ``read`` returns parameters in their normal form or raises ``Invalid``; ``check`` is
    pure; ``words`` says in a policy what the parameters ask for.
    """

    name: str
    title: str
    read: Callable[[Parameters], dict[str, Any]]
    check: Callable[[GateInput, Parameters], GateOutcome]
    words: Callable[[Parameters], str]


def refuse_parameter(gate: str, sentence: str, mend: str = "") -> Invalid:
    """Return the refusal of what a policy says about a gate."""
    return Invalid(
        "gate_parameters_invalid",
        f"Gate {gate}: {sentence}",
        field="gates",
        mend=mend or None,
        details={"gate": gate},
    )


def only_keys(gate: str, parameters: Parameters, *known: str) -> None:
    """Refuse parameters that are no object, or have a key that the gate does not know."""
    if not isinstance(parameters, Mapping):
        raise refuse_parameter(gate, "its parameters must be an object.")
    for key in parameters:
        if key not in known:
            may = f"It takes {', '.join(known)}." if known else "It takes no parameters."
            raise refuse_parameter(gate, f"there is no parameter {str(key)[:60]!r}.", may)


def name_list(gate: str, parameters: Parameters, key: str) -> list[str]:
    """Return the parameter ``key`` as a list of different, non-empty names."""
    value = parameters.get(key)
    if (
        not isinstance(value, list | tuple)
        or not value
        or not all(isinstance(item, str) and item.strip() == item and item for item in value)
        or len(set(value)) != len(value)
    ):
        raise refuse_parameter(gate, f"{key} must be a list of different names.")
    return list(value)
