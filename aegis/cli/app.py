"""The commands of ``aegis``, in the order in which its help names them."""

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from aegis.cli import downloading, looking, registering, verifying
from aegis.cli.exits import MEANINGS
from aegis.cli.running import answering

_EXITS = "  \n".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    name="aegis",
    help="Register, look up, download and verify machine-learning models.",
    epilog=f"Exit codes:  \n{_EXITS}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        try:
            print(f"aegis {version('aegis-registry')}")
        except PackageNotFoundError:
            print("aegis, from a checkout")
        raise typer.Exit


@app.callback()
def aegis(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Register, look up, download and verify machine-learning models.

    The registry's address is in AEGIS_URL, the token in AEGIS_TOKEN: make one on your account page.
    """


for name, command in (
    ("verify", verifying.verify),
    ("download", downloading.download),
    ("register", registering.register),
    ("list", looking.list_),
    ("show", looking.show),
    ("sign", registering.sign),
):
    app.command(name)(answering(command))
