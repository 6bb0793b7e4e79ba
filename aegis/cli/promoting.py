"""``aegis check`` and ``aegis promote``."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from aegis.cli.changes import ReadBack, print_change
from aegis.cli.exits import Exit
from aegis.cli.options import Json, Named, Url, registry, split
from aegis.cli.output import print_json, tell

Stage = Annotated[str, typer.Option(help="Staging or Production.")]


def check(named: Named, stage: Stage = "Production", url: Url = None, as_json: Json = False) -> int:
    """Ask whether the gates of a stage would let a version in. Changes nothing.

    Ends with 3 where one that blocks does not pass.
    """
    name, ref = split(named)
    with registry(url) as there:
        found = there.gates(name, ref, stage=stage)
    if as_json:
        print_json(found)
    else:
        tell(*_gate_lines(found))
    is_let_in = found["is_governed"] and not any(map(_blocks, found["results"]))
    return Exit.DONE if is_let_in else Exit.REFUSED


def promote(
    named: Named,
    reason: Annotated[str, typer.Option(help="Why; reviewers read it.")],
    stage: Stage = "Production",
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Ask that a version be moved to a stage. People decide, in the browser."""
    name, ref = split(named)
    with registry(url) as there:
        before = there.show(name, ref)
        made = there.promote(before.model, before.number, stage, reason=reason)
        place = f"{there.url}/reviews/{made['number']}/"
    if as_json:
        print_json(made)
        return Exit.DONE
    is_about_it = (made["model"], made["version"]) == (before.model, before.number)
    print_change(
        plan=[f"Ask that {before.name} be moved from {before.stage} to {made['target']}"],
        changes=[f"Opened request {made['number']}"],
        verification=[
            ReadBack(is_about_it, f"request {made['number']} is {made['state']}: {place}")
        ],
        rollback=f"Withdraw it on its page: {place}",
        summary=f"{before.name} waits for its reviewers; its stage is {before.stage}.",
    )
    return Exit.DONE


def _blocks(gate: Mapping[str, Any]) -> bool:
    return gate["is_blocking"] and gate["outcome"] in {"fail", "error"}


def _gate_lines(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["is_governed"]:
        yield f"No policy governs {found['stage']}, so nothing comes into it."
    for gate in found["results"]:
        mark = "ok  " if gate["outcome"] == "pass" else "FAIL" if _blocks(gate) else "warn"
        yield f"{mark}  {gate['title']}: {gate['reason']}"
