"""The gate ``licence``: the version's licence is on the policy's list.

Parameter: ``allowed``, a list of SPDX licence identifiers.
"""

import re
from typing import Any, Final

from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, name_list, only_keys, refuse_parameter
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.wording import listed

NAME: Final = "licence"
TITLE: Final = "Licence"

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,99}(?: WITH [A-Za-z0-9.-]{1,100})?")
_TOKEN: Final = re.compile(r"[()]|[^\s()]+")


def read(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters in normal form, or raise ``Invalid``."""
    only_keys(NAME, parameters, "allowed")
    allowed = name_list(NAME, parameters, "allowed")
    if odd := [name for name in allowed if not _IDENTIFIER.fullmatch(name)]:
        raise refuse_parameter(
            NAME,
            f"{odd[0][:60]!r} is no SPDX licence identifier.",
            "List single licences, such as Apache-2.0; expressions of versions are read from them.",
        )
    return {"allowed": sorted(allowed)}


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:
    """Hold the fact ``licence`` against the list."""
    allowed = parameters["allowed"]
    fact = facts.version.facts.get("licence")
    if fact is None or not str(fact.value or "").strip():
        return GateOutcome(
            NAME,
            TITLE,
            Outcome.FAIL,
            "No licence is recorded",
            f"Nothing says under which licence {facts.version.name} may be used.",
            mend="Record the fact licence, as an SPDX expression.",
            who=facts.contributors,
            fix=Fix("fact_add", "Record the licence", "licence"),
        )
    licence = str(fact.value)
    findings = {"licence": licence, "allowed": allowed}
    if is_allowed(licence, allowed):
        return GateOutcome(
            NAME,
            TITLE,
            Outcome.PASS,
            f"{licence}, allowed",
            f"{licence} is on the list of the policy.",
            findings=findings,
        )
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        f"{licence} is not allowed",
        f"The policy allows {listed(allowed)}, and {facts.version.name} is under {licence}.",
        mend="Register files under an allowed licence, or change the policy.",
        who="An administrator changes the policy",
        fix=Fix("policy", "Read the policy"),
        findings=findings,
    )


def is_allowed(expression: str, allowed: list[str]) -> bool:
    """Say whether an SPDX expression can be kept with the ``allowed`` licences alone.

    ``OR`` needs one side, ``AND`` both; case does not matter. What is no expression is
    not allowed.
    """
    known = {name.casefold() for name in allowed}
    tokens = _TOKEN.findall(expression)
    try:
        verdict = _either(tokens, known)
    except (IndexError, ValueError):
        return False
    return verdict and not tokens


def _either(tokens: list[str], known: set[str]) -> bool:
    verdict = _both(tokens, known)
    while _takes(tokens, "or"):
        verdict |= _both(tokens, known)
    return verdict


def _both(tokens: list[str], known: set[str]) -> bool:
    verdict = _one(tokens, known)
    while _takes(tokens, "and"):
        verdict &= _one(tokens, known)
    return verdict


def _one(tokens: list[str], known: set[str]) -> bool:
    token = tokens.pop(0)
    if token == "(":  # noqa: S105 -- A parenthesis is no password.
        verdict = _either(tokens, known)
        if tokens.pop(0) != ")":
            raise ValueError(token)
        return verdict
    if token == ")" or token.casefold() in {"and", "or", "with"}:  # noqa: S105
        raise ValueError(token)
    name = token.casefold()
    if _takes(tokens, "with"):
        name = f"{name} with {tokens.pop(0).casefold()}"
    return name in known


def _takes(tokens: list[str], word: str) -> bool:
    if tokens and tokens[0].casefold() == word:
        del tokens[0]
        return True
    return False


def words(parameters: Parameters) -> str:
    """Say which licences are allowed."""
    return listed(parameters["allowed"], "or")


GATE: Final = Gate(NAME, TITLE, read, check, words)
