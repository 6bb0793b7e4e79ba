"""What the commands print: lines for people, JSON for programs, bars on a terminal."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from aegis.sdk import Import, Progress, Verification, Version
from aegis.sdk.progress import Watcher, unwatched
from aegis.text import readable

_UNITS = ("B", "kB", "MB", "GB", "TB")


def tell(*lines: str, to_stderr: bool = False) -> None:
    """Print lines for people. What files and servers call themselves does not steer a terminal."""
    for line in lines:
        print(readable(line), file=sys.stderr if to_stderr else sys.stdout)


def print_json(value: Any) -> None:
    """Print ``value`` as JSON."""
    print(json.dumps(value, indent=2, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their headings; as lines with tabs where nobody looks."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(map(readable, row)))
        return
    table = Table(*headings, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*(Text(readable(cell)) for cell in row))
    Console().print(table)


@contextmanager
def bars(*, quiet: bool) -> Iterator[Watcher]:
    """Show progress on stderr while the block runs, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield unwatched
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as shown:
        yield _watcher(shown)


@contextmanager
def waiting(*, quiet: bool) -> Iterator[Watcher]:
    """Show on stderr what is waited for while the block runs, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield unwatched
        return
    with Console(stderr=True).status("") as shown:
        yield lambda report: shown.update(Text(f"Waiting: {readable(report.what)}"))


def _watcher(shown: Bars) -> Watcher:
    tasks: dict[str, TaskID] = {}

    def watch(report: Progress) -> None:
        if report.step not in tasks:
            tasks[report.step] = shown.add_task(report.step.capitalize(), total=report.total)
        words = f"{report.step.capitalize()} {readable(report.what[-40:])}".rstrip()
        shown.update(
            tasks[report.step], completed=report.done, total=report.total, description=words
        )

    return watch


def version_json(version: Version) -> dict[str, Any]:
    """Return a version as the commands print it: what the registry said, and what was found."""
    found: dict[str, Any] = {
        **version.document,
        "registered": version.state == "ready",
        "already_registered": version.already_registered,
    }
    if version.job is not None:
        found["import"] = import_json(version.job)
    if version.left_out:
        found["left_out"] = list(version.left_out)
    if version.unnoted:
        found["unnoted"] = version.unnoted
    if version.conversion is not None:
        found["conversion"] = import_json(version.conversion)
    if version.unconverted:
        found["unconverted"] = version.unconverted
    if version.equals:
        found["equals"] = list(version.equals)
    return found


def import_json(job: Import) -> dict[str, Any]:
    """Return an import in short, as it stands beside its version."""
    found = job.found or {}
    return {
        "number": job.number,
        "source": job.source,
        "state": job.state,
        **{name: found.get(name) for name in ("shown", "url", "identity", "pinned", "is_complete")},
        "requested_by": job.requested_by,
        "requested_at": job.requested_at,
        "finished_at": job.finished_at,
    }


def version_lines(version: Version) -> Iterator[str]:
    """Yield what people want to know of a version first."""
    label = f" ({version.label})" if version.label else ""
    yield f"{version.name}{label}"
    yield f"State      {version.state}"
    yield f"Stage      {version.stage}"
    yield f"Files      {version.file_count}, {size(version.size)}"
    yield f"Digest     {version.digest or 'not known yet'}"
    yield f"Registered {version.created_at} by {version.created_by}"
    for name, at in (("Quarantined", version.quarantined_at), ("Recalled", version.recalled_at)):
        if at:
            yield f"{name} {at}"


def verification_json(found: Verification) -> dict[str, Any]:
    """Return a verification as JSON values."""
    key = found.key
    return {
        "ok": found.ok,
        "genuine": found.is_genuine,
        "path": found.path,
        "model": found.model,
        "version": found.number,
        "manifest_digest": found.manifest_digest,
        "files": found.files,
        "bytes": found.size,
        "key": None
        if key is None
        else {
            "name": key.name,
            "version": key.version,
            "hint": key.hint,
            "development": key.is_development,
            "compromised_at": key.compromised_at,
        },
        "checks": [
            {"name": one.name, "passed": one.passed, "code": one.code, "sentence": one.sentence}
            for one in found.checks
        ],
        "mismatches": [{"path": one.path, "fault": one.fault} for one in found.mismatches],
    }


def verification_lines(found: Verification) -> Iterator[str]:
    """Yield one line for each check, and the verdict."""
    for check in found.checks:
        yield f"{'ok  ' if check.passed else 'FAIL'}  {check.sentence}"
    if not found.ok:
        yield f"{found.path} is NOT verified."
        return
    name = f" is {found.model}@{found.number}" if found.model else ""
    yield f"{found.path}{name}: verified, {files(found.files)}, {size(found.size)}."


def files(count: int) -> str:
    """Return a number of files as people say it."""
    return "1 file" if count == 1 else f"{count} files"


def size(count: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in _UNITS[:-1]:
        if count < 1000:  # noqa: PLR2004 -- A kilobyte.
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"


def pairs(given: Sequence[str]) -> Mapping[str, str]:
    """Return ``name=value`` arguments as a mapping; the name of one without ``=`` maps to ''."""
    return {name: value for name, _, value in (one.partition("=") for one in given)}
