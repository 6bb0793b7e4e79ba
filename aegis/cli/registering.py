"""``aegis register`` and ``aegis sign``."""

from pathlib import Path
from typing import Annotated

import typer

from aegis.cli.exits import Exit
from aegis.cli.options import Json, Url, numbers, registry
from aegis.cli.output import bars, files, pairs, print_json, tell, version_json, version_lines
from aegis.sdk.signing import chosen_signer, sign_model_artifact


def register(
    path: Annotated[
        str,
        typer.Argument(
            help="A file, a folder with all files of the version, or s3://bucket/key of a bucket "
            "that the registry reads."
        ),
    ],
    name: Annotated[
        str, typer.Argument(help="The name of the model; it is made if there is none.")
    ],
    version: Annotated[
        str | None,
        typer.Option("--version", help="The label. Without it: the next free patch label."),
    ] = None,
    team: Annotated[str | None, typer.Option(help="The team of a new model.")] = None,
    description: Annotated[str, typer.Option(help="What is new in it.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option(help="NAME=WORDS, a tag of the model; again for more.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="NAME=NUMBER, stated on the word of your token; again for more."),
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, frozen with the version; again for more.")
    ] = None,
    sign_key: Annotated[
        str | None, typer.Option(help="A signing key of the registry's list.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign here, with the private key in this PEM file."),
    ] = None,
    vault_key: Annotated[
        str | None,
        typer.Option(help="Sign here, with a key of Vault Transit (VAULT_ADDR, VAULT_TOKEN)."),
    ] = None,
    new_version: Annotated[
        bool, typer.Option("--new-version", help="Also where a version has these bytes already.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the version is ready.")] = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Register a file, a folder or what lies in a bucket as the next version of a model.

    Files are hashed and sent in parts. After a break, or Ctrl-C, the same command goes on where it
    stopped. Bytes that the model has already give that version.

    The registry has the version signed. With --key or --vault-key the files are signed here and
    the signature is sent with them; the key must be on the registry's list.
    """
    signer = chosen_signer(key, vault_key) if key or vault_key else None
    with registry(url) as there, bars(quiet=as_json) as progress:
        made = there.register(
            path,
            name,
            version=version,
            team=team,
            description=description,
            tags=pairs(tag or []),
            metrics=numbers(dict(pairs(metric or []))),
            facts=pairs(fact or []),
            sign_key=sign_key,
            signer=signer,
            new_version=new_version,
            wait=wait,
            progress=progress,
        )
    if as_json:
        print_json(version_json(made))
    else:
        how = "Already registered as" if made.already_registered else "Registered"
        first, *further = version_lines(made)
        tell(f"{how} {first}", *further)
        for equal in made.equals:
            tell(f"Note: v{equal['number']} has the same bytes. {equal['reason']}")
    if made.quarantined_at:
        sentence = f"{made.name} is in quarantine and is not given out; its page says why."
        tell(sentence, to_stderr=True)
        return Exit.REFUSED
    return Exit.DONE


def sign(
    path: Annotated[Path, typer.Argument(help="A file, or a folder.")],
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A PEM file with the private key.")
    ] = None,
    vault_key: Annotated[
        str | None, typer.Option(help="A key of Vault Transit (VAULT_ADDR, VAULT_TOKEN).")
    ] = None,
    for_model: Annotated[
        str | None,
        typer.Option("--for", help="The registered model that the files are to be a version of."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the signature here, not into .aegis.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Sign the files of a model on this machine, as OpenSSF Model Signing has it."""
    with bars(quiet=as_json) as progress:
        made = sign_model_artifact(
            path,
            key=key,
            vault_key=vault_key,
            for_model=for_model,
            output=output,
            progress=progress,
        )
    if as_json:
        document = {
            "path": str(made.path),
            "manifest_digest": made.manifest.digest,
            "files": len(made.manifest.files),
            "key": {"name": made.key_name, "version": made.key_version},
            "left_out": list(made.left_out),
        }
        print_json(document)
    else:
        tell(f"Signed {files(len(made.manifest.files))} with {made.key_name}: {made.path}")
    return Exit.DONE
