"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

from aegis.problems import Invalid
from aegis.sdk import ModelRegistry

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and no progress.")]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="AEGIS_URL",
        help="The address of the registry. The token is in AEGIS_TOKEN.",
        show_default="http://127.0.0.1:8000",
    ),
]
Keys = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Trust the public keys in this file (PEM, or a saved keys.json).",
    ),
]
Named = Annotated[
    str,
    typer.Argument(
        metavar="NAME[@REF]",
        help="A model and a version of it: a number, a stage,"
        " an alias, a label; the latest without one.",
    ),
]


def registry(url: str | None, *, keys: Path | None = None) -> ModelRegistry:
    """Return the registry that the options and the environment name."""
    return ModelRegistry(url, keys=keys)


def split(named: str) -> tuple[str, str]:
    """Return model and ref of ``NAME@REF``; the ref is ``latest`` if left out."""
    name, _, ref = named.partition("@")
    if not name or named.endswith("@"):
        raise Invalid("name_invalid", f"{named!r} does not name a version.", mend="Write NAME@REF.")
    return name, ref or "latest"


def numbers(given: dict[str, str]) -> dict[str, float]:
    """Return metrics with their values as numbers."""
    try:
        return {name: float(value) for name, value in given.items()}
    except ValueError as error:
        raise Invalid(
            "metric_not_a_number",
            "A metric is given as NAME=NUMBER.",
            mend="Write for example --metric accuracy=0.94.",
        ) from error
