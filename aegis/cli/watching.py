"""``aegis import list``, ``status``, ``cancel`` and ``retry``."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from aegis.cli.changes import ReadBack, print_change
from aegis.cli.exits import Exit
from aegis.cli.importing import ended
from aegis.cli.options import Json, Url, registry
from aegis.cli.origins import SOURCES
from aegis.cli.output import bars, print_json, print_table, size, tell
from aegis.sdk import Import

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the import.", min=1)]


def list_(
    state: Annotated[
        str | None,
        typer.Option(help="waiting, running, planned, done, failed or cancelled."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Only into this registered model.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you asked for.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """List imports, the newest first."""
    filters = {"state": state, "model": model, "mine": "true" if mine else None}
    wanted = {name: value for name, value in filters.items() if value is not None}
    with registry(url) as there:
        jobs = list(islice(there.imports(**wanted), limit))
    if as_json:
        print_json([job.document for job in jobs])
        return Exit.DONE
    print_table(
        ("Import", "State", "Source", "Model", "Bytes", "Asked by", "Asked at"),
        [
            (str(job.number), job.step, SOURCES.get(job.source, job.source), job.name,
             size(job.bytes_done), job.requested_by, job.requested_at)
            for job in jobs
        ],
    )  # fmt: skip
    return Exit.DONE


def status(
    number: Number,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for its end, and end as `aegis import` would.")
    ] = False,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Show how far an import has come."""
    with registry(url) as there:
        if wait:
            with bars(quiet=as_json) as progress:
                made = there.wait_for_import(number, progress=progress)
            return ended(there, made, sign_key=None, as_json=as_json)
        job = there.import_of(number)
    if as_json:
        print_json(job.document)
    else:
        tell(*_lines(job))
    return Exit.DONE


def cancel(number: Number, url: Url = None, as_json: Json = False) -> int:
    """End an import that is under way."""
    with registry(url) as there:
        before = there.import_of(number)
        there.cancel_import(number)
        after = there.import_of(number)
    rollback = "None: ask for the import again."
    return _changed(
        "Cancel", before, after, expected={"cancelled"}, rollback=rollback, as_json=as_json
    )


def retry(number: Number, url: Url = None, as_json: Json = False) -> int:
    """Have a failed import tried again, under the same number."""
    with registry(url) as there:
        before = there.import_of(number)
        there.retry_import(number)
        after = there.import_of(number)
    return _changed(
        "Try again",
        before,
        after,
        expected={"waiting", "running", "done"},
        rollback=f"aegis import cancel {number}",
        as_json=as_json,
    )


def _changed(
    verb: str,
    before: Import,
    after: Import,
    *,
    expected: set[str],
    rollback: str,
    as_json: bool,
) -> int:
    is_so = after.state in expected
    if as_json:
        print_json(after.document)
    else:
        print_change(
            plan=[f"{verb}: import {before.number} of {before.name}"],
            changes=[f"State {before.state} → {after.state}"],
            verification=[ReadBack(is_so, f"import {after.number} is {after.state}")],
            rollback=rollback,
            summary=f"Import {after.number} of {after.name} is {after.state}.",
        )
    return Exit.DONE if is_so else Exit.FAILED


def _lines(job: Import) -> Iterator[str]:
    yield f"Import {job.number} of {job.name}"
    yield f"State      {job.step}"
    if job.found:
        yield f"From       {job.found['shown']}, {SOURCES.get(job.source, job.source)}"
    yield f"Bytes      {size(job.bytes_done)} of {size(job.bytes_total)}"
    yield f"Asked      {job.requested_at} by {job.requested_by}"
    if job.finished_at:
        yield f"Ended      {job.finished_at}"
    if job.already_registered:
        yield f"Result     {job.name} has these files already"
    if job.error:
        yield f"Reason     {job.error['reason']}"
    if wished := job.document.get("conversion"):
        yield f"Convert    {_converted(wished)}"
    if kept := job.document["kept_until"]:
        yield f"Kept until {kept}"


def _converted(wished: Mapping[str, Any]) -> str:
    """Say what became of the conversion that was wished for with an import."""
    to = f"to {wished['to']}"
    if wished["reason"]:
        return f"{to}: it was not converted. {wished['reason']}"
    if wished["version"]:
        return f"{to}: version {wished['version']}, by import {wished['import_number']}"
    by = f", by import {wished['import_number']}" if wished["import_number"] else ""
    return f"{to}, once it is ready{by}"
