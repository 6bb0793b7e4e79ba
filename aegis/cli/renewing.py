"""``aegis import newer``."""

from typing import Annotated

import typer

from aegis.cli.importing import ended
from aegis.cli.options import Json, Named, Url, registry, split
from aegis.cli.output import bars


def newer(
    named: Named,
    wait: Annotated[
        bool, typer.Option(help="Wait until the version is ready, or only until it was looked up.")
    ] = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Import what the Hugging Face Hub has now of what a version came from.

    The same repository, revision and choice of files, beside the version that is there.
    """
    name, ref = split(named)
    with registry(url) as there:
        with bars(quiet=as_json) as progress:
            made = there.import_newer(name, ref, wait=wait, progress=progress)
        return ended(there, made, sign_key=None, as_json=as_json)
