"""``aegis convert``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from aegis import strict_json
from aegis.cli.changes import ReadBack, print_change, read_back
from aegis.cli.exits import Exit
from aegis.cli.importing import Label, NewVersion, SignKey
from aegis.cli.options import Json, Url, registry, split
from aegis.cli.output import bars, files, print_json, size, version_json
from aegis.problems import Invalid, NotFound
from aegis.sdk import ModelRegistry, Version

_LONGEST_INPUT = 1024 * 1024


def convert(
    named: Annotated[str, typer.Argument(metavar="NAME@REF", help="A model and a version of it.")],
    to: Annotated[str, typer.Option(help="skops, onnx, safetensors, or the name of a converter.")],
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="JSON to try both with. Without it: the input example among the files.",
        ),
    ] = None,
    version: Label = None,
    sign_key: SignKey = None,
    new_version: NewVersion = False,
    wait: Annotated[
        bool, typer.Option(help="Wait until the version is ready, or only until it was converted.")
    ] = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Have the registry convert a version, and compare both.

    What comes of it is a version of its own. It is promoted only if the outputs are the same,
    within a tolerance; asked for again, with another input, both are compared once more.
    """
    if "@" not in named:
        sentence = f"Which version of {named} is meant?"
        raise Invalid("name_invalid", sentence, mend="Write NAME@REF.")
    name, ref = split(named)
    with registry(url) as there:
        with bars(quiet=as_json) as progress:
            made = there.convert(
                name,
                ref,
                to,
                example=_read(input_),
                version=version,
                sign_key=sign_key,
                new_version=new_version,
                wait=wait,
                progress=progress,
            )
        return _ended(there, made, sign_key=sign_key, as_json=as_json)


def _read(file: Path | None) -> Any:
    if file is None:
        return None
    try:
        return strict_json.loads(file.read_bytes(), limit=_LONGEST_INPUT)
    except OSError as error:
        raise NotFound("input_not_found", f"{file} cannot be read: {error.strerror}.") from error


def _ended(there: ModelRegistry, made: Version, *, sign_key: str | None, as_json: bool) -> int:
    found = there.conversions(made.model, made.number)
    checks = [*read_back(there, made, sign_key=sign_key), *_compared(found["comparisons"])]
    if as_json:
        told = {
            **version_json(made),
            "origin": found["origin"],
            "comparisons": found["comparisons"],
        }
        print_json({**told, "verification": [one.to_json() for one in checks]})
    else:
        origin = (found["origin"] or {}).get("version", "?")
        change = f"Registered {made.name}: {files(made.file_count)}, {size(made.size)}"
        if made.already_registered:
            change = f"None: {made.name} was converted so before, and was compared again"
        print_change(
            plan=[f"Convert {made.model}@{origin}"],
            changes=[change],
            verification=checks,
            rollback=f'aegis archive {made.name} --reason "…"',
            summary=_summary(made, found["comparisons"]),
        )
    return Exit.DONE if all(one.passed for one in checks) else Exit.FAILED


def _compared(comparisons: list[Mapping[str, Any]]) -> list[ReadBack]:
    """Return what the last comparison found; a conversion without one is no failure."""
    if not comparisons:
        return []
    last = comparisons[0]
    of = "tensors" if last["method"] == "tensors" else "values"
    agree = f"{last['values'] - last['outside']:,} of {last['values']:,} {of}"
    if difference := last["largest_difference"]:
        sentence = f"{agree} are within the tolerance, the largest difference is {difference:.3g}"
    else:
        sentence = f"{agree} are the same"
    return [ReadBack(bool(last["is_within"]), sentence)]


def _summary(made: Version, comparisons: list[Mapping[str, Any]]) -> str:
    if comparisons:
        return f"{made.name} is {made.state}, and was compared; its stage is {made.stage}."
    return (
        f"{made.name} is {made.state} and was not compared, so nobody promotes it. Convert again "
        "with --input FILE."
    )
