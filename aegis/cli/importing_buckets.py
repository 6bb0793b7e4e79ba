"""``aegis import s3``."""

from typing import Annotated

import typer

from aegis.cli.importing import (
    Convert,
    How,
    KeepTemp,
    Label,
    ModelName,
    NewVersion,
    Plan,
    SignKey,
    TeamName,
    Wait,
    imported,
)
from aegis.cli.options import Json, Url, registry
from aegis.sdk.importing import Wish


def s3(
    uri: Annotated[
        str,
        typer.Argument(
            metavar="s3://BUCKET/KEY",
            help="An object, or with a slash at its end a folder, of a bucket that the registry's "
            "operator has named.",
        ),
    ],
    model_name: ModelName,
    bucket: Annotated[
        str | None, typer.Option(help="The operator's name of it, where several have the address.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(help="Only files of this pattern; again for more.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="No files of this pattern; again for more.")
    ] = None,
    version: Label = None,
    team: TeamName = None,
    sign_key: SignKey = None,
    plan: Plan = False,
    new_version: NewVersion = False,
    keep_temp: KeepTemp = False,
    convert: Convert = None,
    wait: Wait = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Import an object or folder of a bucket, pinned to ETags and versions.

    The registry copies and hashes it, scans, packs and signs it. After Ctrl-C that goes on.
    """
    wish = Wish(
        source="s3",
        reference={"uri": uri, "bucket": bucket, "include": include, "exclude": exclude},
        model=model_name,
        team=team,
        label=version,
        sign_key=sign_key,
        new_version=new_version,
        keep_temp=keep_temp,
        convert=convert,
    )
    with registry(url) as there:
        return imported(there, wish, How(plan, wait, as_json))
