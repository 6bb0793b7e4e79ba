"""``aegis import s3``."""

from typing import Annotated

import typer

from aegis.cli.importing import (
    Asked,
    KeepTemp,
    Label,
    ModelName,
    NewVersion,
    Plan,
    SignKey,
    TeamName,
    Wait,
    imported,
    planned,
)
from aegis.cli.options import Json, Url, registry
from aegis.sdk import ModelRegistry, Version
from aegis.sdk.progress import Watcher


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
    wait: Wait = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Import an object or folder of a bucket, pinned to ETags and versions.

    The registry copies and hashes it, scans, packs and signs it. After Ctrl-C that goes on.
    """
    names = {"uri": uri, "bucket": bucket, "include": include, "exclude": exclude}
    reference = {name: value for name, value in names.items() if value}
    asked = Asked("s3", reference, model_name, version, team, sign_key, as_json)

    def bring_in(there: ModelRegistry, progress: Watcher) -> Version:
        return there.import_s3(
            uri,
            model_name,
            bucket=bucket,
            include=include or (),
            exclude=exclude or (),
            version=version,
            team=team,
            sign_key=sign_key,
            new_version=new_version,
            keep_temp=keep_temp,
            wait=wait,
            progress=progress,
        )

    with registry(url) as there:
        return planned(there, asked) if plan else imported(there, asked, bring_in)
