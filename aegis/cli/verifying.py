"""``aegis verify``."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from aegis.cli.exits import Exit
from aegis.cli.options import Json, Keys, Url, registry, split
from aegis.cli.output import bars, print_json, tell, verification_json, verification_lines
from aegis.problems import NotFound
from aegis.sdk import ModelRegistry, Verification
from aegis.sdk.checking import offline_checks
from aegis.sdk.progress import Watcher
from aegis.sdk.proofs import Proofs
from aegis.sdk.trust import TrustedKeys
from aegis.sdk.verification import verify_files


def verify(
    what: Annotated[
        str,
        typer.Argument(metavar="PATH|NAME@REF", help="A folder, a package, or a version by name."),
    ],
    key: Keys = None,
    require: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help="Also refuse it unless a signed statement puts it into this stage.",
        ),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The signature, if not in .aegis.")
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="With --key, ask the registry as well.")
    ] = False,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Check that files are the ones that were signed, by a key that is trusted.

    With --key FILE a folder or a package is checked offline. Without it the registry's published
    keys are taken, and the registry is asked whether the version was recalled and, with --require
    Production, whether it is in Production now. NAME@REF is fetched and checked, and not kept.
    """
    with bars(quiet=as_json) as progress:
        path = Path(what)
        if path.exists() and key is not None and not online:
            found = _offline(path, key, require, bundle, progress)
        else:
            with registry(url, keys=key) as there:
                found = _online(there, what, require, bundle, progress)
    if as_json:
        print_json(verification_json(found))
    else:
        tell(*verification_lines(found))
    found.require()
    return Exit.DONE


def _offline(
    path: Path, key: Path, require: str | None, bundle: Path | None, progress: Watcher
) -> Verification:
    trusted = TrustedKeys.load(key)
    proofs = Proofs.beside(path, bundle=bundle)
    found = verify_files(path, proofs, trusted, watcher=progress)
    return offline_checks(found, proofs, trusted, require=require)


def _online(
    there: ModelRegistry, what: str, require: str | None, bundle: Path | None, progress: Watcher
) -> Verification:
    path = Path(what)
    if path.exists():
        return there.check(path, require=require, bundle=bundle, progress=progress)
    if "@" not in what:
        sentence = f"There is no file or folder {what}."
        raise NotFound("path_not_found", sentence, mend="Write NAME@REF for a version by name.")
    name, ref = split(what)
    with tempfile.TemporaryDirectory(prefix="aegis-verify-") as folder:
        target = Path(folder) / "package.tar.gz"
        there.download(name, ref, to=target, package=True, progress=progress)
        found = there.check(target, require=require, progress=progress)
    return replace(found, path=what)
