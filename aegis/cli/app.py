"""The commands of ``aegis``, in the order in which its help names them."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Final

import typer

from aegis.cli import (
    archiving,
    converting,
    downloading,
    importing,
    importing_buckets,
    importing_packages,
    load_checking,
    looking,
    promoting,
    registering,
    renewing,
    verifying,
    watching,
)
from aegis.cli.exits import MEANINGS
from aegis.cli.running import answering

_EXITS = "  \n".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    name="aegis",
    help="Register, import, look up, download and verify machine-learning models.",
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
    """Register, import, look up, download and verify machine-learning models.

    The registry's address is in AEGIS_URL, the token in AEGIS_TOKEN: make one on your account page.
    """


_COMMANDS: Final[dict[str, Callable[..., int]]] = {
    "verify": verifying.verify,
    "download": downloading.download,
    "export": downloading.export,
    "register": registering.register,
    "list": looking.list_,
    "show": looking.show,
    "convert": converting.convert,
    "sign": registering.sign,
    "check": promoting.check,
    "check-load": load_checking.check_load,
    "promote": promoting.promote,
    "status": promoting.status,
    "archive": archiving.archive,
}
_OF_IMPORT: Final[dict[str, Callable[..., int]]] = {
    "hf": importing.hf,
    "mlflow": importing.mlflow,
    "s3": importing_buckets.s3,
    "newer": renewing.newer,
    "package": importing_packages.package,
    "list": watching.list_,
    "status": watching.status,
    "cancel": watching.cancel,
    "retry": watching.retry,
}

imports = typer.Typer(
    help="Bring versions in from the Hugging Face Hub, from MLflow and from buckets.",
    no_args_is_help=True,
)
for group, commands in ((app, _COMMANDS), (imports, _OF_IMPORT)):
    for name, command in commands.items():
        group.command(name)(answering(command))
app.add_typer(imports, name="import")
