"""``aegis check``, ``aegis promote`` and ``aegis status``."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from aegis.cli.changes import ReadBack, print_change
from aegis.cli.exits import Exit
from aegis.cli.options import Json, Named, Url, registry, split
from aegis.cli.output import print_json, tell, waiting
from aegis.sdk import ModelRegistry
from aegis.sdk.promoting import standing

Stage = Annotated[str, typer.Option(help="Staging or Production.")]
Timeout = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="With --wait: no longer than this."),
]


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
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it is promoted, or comes to nothing.")
    ] = False,
    timeout: Timeout = None,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Ask that a version be moved to a stage. People decide, in the browser.

    With --wait it ends with 0 once the version is promoted, with 3 where the request is rejected,
    withdrawn, stale or expired, and with 1 where it failed or the time is over. After Ctrl-C the
    request stays.
    """
    name, ref = split(named)
    with registry(url) as there:
        before = there.show(name, ref)
        made = there.promote(before.model, before.number, stage, reason=reason)
        if wait:
            made = _seen_through(there, made["number"], timeout=timeout, quiet=as_json)
        place = f"{there.url}/reviews/{made['number']}/"
        after = there.show(before.model, before.number)
    if as_json:
        print_json(made)
        return Exit.DONE
    is_about_it = (made["model"], made["version"]) == (before.model, before.number)
    is_moved = after.stage == made["target"]
    is_promoted = made["state"] == "promoted"
    print_change(
        plan=[f"Ask that {before.name} be moved from {before.stage} to {made['target']}"],
        changes=[
            f"Opened request {made['number']}",
            *([f"Moved {before.name} to {made['target']}"] if is_promoted else []),
        ],
        verification=[
            ReadBack(is_about_it, f"request {made['number']} is {made['state']}: {place}"),
            *([ReadBack(is_moved, f"{after.name} is {after.stage}")] if is_promoted else []),
        ],
        rollback=_rollback(made, place),
        summary=f"{after.name} is in {after.stage}."
        if is_promoted
        else f"{before.name} waits for its reviewers; its stage is {after.stage}.",
    )
    return Exit.DONE


def status(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="The number of the request.", min=1)
    ],
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for its end, and end as `aegis promote` would.")
    ] = False,
    timeout: Timeout = None,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Show how a promotion request stands."""
    with registry(url) as there:
        if wait:
            found = _seen_through(there, number, timeout=timeout, quiet=as_json)
        else:
            found = there.promotion(number)
        place = f"{there.url}/reviews/{number}/"
    if as_json:
        print_json(found)
    else:
        tell(*_lines(found, place))
    return Exit.DONE


def _seen_through(
    there: ModelRegistry, number: int, *, timeout: float | None, quiet: bool
) -> Mapping[str, Any]:
    with waiting(quiet=quiet) as progress:
        return there.wait_for_promotion(number, timeout=timeout, progress=progress)


def _rollback(made: Mapping[str, Any], place: str) -> str:
    if made["state"] != "promoted":
        return f"Withdraw it on its page: {place}"
    if made["target"] == "Production" and made["replaces"]:
        return f"Roll back to {made['model']}@{made['replaces']} on the model's page"
    return f'aegis archive {made["model"]}@{made["version"]} --reason "…"'


def _lines(request: Mapping[str, Any], place: str) -> Iterator[str]:
    yield f"Request {request['number']}: {request['model']}@{request['version']}"
    yield f"State      {standing(request)}"
    yield f"Target     {request['target']}"
    yield f"Asked      {request['requested_at']} by {request['requested_by']}"
    if request["outcome"]:
        yield f"Outcome    {request['outcome']}"
    for gate in request["gates"]:
        yield _gate_line(gate)
    yield f"Page       {place}"


def _blocks(gate: Mapping[str, Any]) -> bool:
    return gate["is_blocking"] and gate["outcome"] in {"fail", "error"}


def _gate_lines(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["is_governed"]:
        yield f"No policy governs {found['stage']}, so nothing comes into it."
    for gate in found["results"]:
        yield _gate_line(gate)


def _gate_line(gate: Mapping[str, Any]) -> str:
    mark = "ok  " if gate["outcome"] == "pass" else "FAIL" if _blocks(gate) else "warn"
    return f"{mark}  {gate['title']}: {gate['reason']}"
