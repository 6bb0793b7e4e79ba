"""``aegis import package``."""

from pathlib import Path
from typing import Annotated

import typer

from aegis.cli.importing import Label, ModelName, NewVersion, SignKey, TeamName, Wait, ended
from aegis.cli.options import Json, Keys, Url, registry
from aegis.cli.output import bars


def package(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `aegis export` wrote.")],
    model_name: ModelName,
    version: Label = None,
    team: TeamName = None,
    sign_key: SignKey = None,
    key: Keys = None,
    new_version: NewVersion = False,
    wait: Wait = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Import a version that a registry exported into a file.

    It is verified here first, with --key FILE against keys that you trust: manifest, signature and
    each file. It is signed anew, since a signature is for the model and version that it names.
    """
    with registry(url, keys=key) as there, bars(quiet=as_json) as progress:
        made = there.import_package(
            path,
            model_name,
            version=version,
            team=team,
            sign_key=sign_key,
            new_version=new_version,
            wait=wait,
            progress=progress,
        )
    with registry(url, keys=key) as there:
        return ended(there, made, sign_key=sign_key, source="package", as_json=as_json)
