"""``aegis download`` and ``aegis export``."""

from pathlib import Path
from typing import Annotated

import typer

from aegis.cli.exits import Exit
from aegis.cli.options import Json, Keys, Named, Url, registry, split
from aegis.cli.output import bars, files, print_json, size, tell, version_json


def download(
    named: Named,
    to: Annotated[
        Path | None, typer.Option("--to", help="The new folder, or the package's file.")
    ] = None,
    package: Annotated[
        bool, typer.Option("--package", help="Keep the .tar.gz, with its proofs beside it.")
    ] = False,
    key: Keys = None,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Download a version and check it: signature, package and every file.

    After a break, or Ctrl-C, the same command goes on where it stopped.
    """
    name, ref = split(named)
    with registry(url, keys=key) as there, bars(quiet=as_json) as progress:
        found = there.download(name, ref, to=to, package=package, progress=progress)
    if as_json:
        print_json({**version_json(found.version), "path": str(found.path), "verified": True})
    else:
        version = found.version
        what = f"{files(version.file_count)}, {size(version.size)}, verified."
        tell(f"{version.name} is in {found.path}: {what}")
    return Exit.DONE


def export(
    named: Named,
    to: Annotated[Path | None, typer.Option("--to", help="The new file.")] = None,
    key: Keys = None,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Write a version with its proofs and documents into one file, for another registry.

    After a break, or Ctrl-C, the same command goes on where it stopped. `aegis import package`
    reads the file; unpacked with tar, `aegis verify package.tar.gz` checks it.
    """
    name, ref = split(named)
    with registry(url, keys=key) as there, bars(quiet=as_json) as progress:
        made = there.export(name, ref, to=to, progress=progress)
    if as_json:
        print_json({**version_json(made.version), "path": str(made.path), "verified": True})
    else:
        version = made.version
        what = f"{files(version.file_count)}, {size(version.size)}, verified."
        tell(f"{version.name} is in {made.path}: {what}")
    return Exit.DONE
