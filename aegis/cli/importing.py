"""``aegis import hf`` and ``aegis import mlflow``, and how every such command goes and ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from aegis.cli.changes import print_change, read_back
from aegis.cli.exits import Exit
from aegis.cli.options import Json, Url, registry
from aegis.cli.origins import SOURCES, copy_of, file_lines
from aegis.cli.output import bars, files, print_json, size, tell, version_json
from aegis.sdk import ModelRegistry, Version
from aegis.sdk.importing import Wish

ModelName = Annotated[
    str, typer.Option(help="The registered model; it is made if there is none of the name.")
]
TeamName = Annotated[str | None, typer.Option("--team", help="The team of a new model.")]
Label = Annotated[
    str | None,
    typer.Option("--version", help="The label. Without it: the next free patch label."),
]
SignKey = Annotated[str | None, typer.Option(help="A signing key of the registry's list.")]
Wait = Annotated[
    bool, typer.Option(help="Wait until the version is ready, or only until it was looked up.")
]
Plan = Annotated[
    bool, typer.Option("--plan", help="Look it up and say what would come in; change nothing.")
]
KeepTemp = Annotated[
    bool, typer.Option("--keep-temp", help="Keep the files of a failed import for an hour.")
]
Local = Annotated[
    bool,
    typer.Option(
        "--local",
        help="Fetch the files here and send them, signed here where VAULT_ADDR is set.",
    ),
]
Convert = Annotated[
    str | None,
    typer.Option(help="Convert it to this format once it is ready: skops, onnx, safetensors."),
]
NewVersion = Annotated[
    bool, typer.Option("--new-version", help="Also where a version has these files already.")
]


@dataclass(frozen=True, slots=True)
class How:
    """How to go about an import: only looking, through this machine, waiting, and how to tell."""

    plan: bool
    wait: bool
    as_json: bool
    local: bool = False


def hf(
    repo_id: Annotated[str, typer.Option(help="The repository, such as google/flan-t5-small.")],
    model_name: ModelName,
    revision: Annotated[str, typer.Option(help="A branch, a tag or a commit.")] = "main",
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
    local: Local = False,
    convert: Convert = None,
    wait: Wait = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Import a repository of the Hugging Face Hub, pinned to its commit.

    The registry downloads it, compares each file with the hub's digests, scans, packs and signs
    it. After Ctrl-C that goes on. With --local this machine downloads, signs and sends it, and the
    same command goes on where it stopped.
    """
    patterns = {"include": include or [], "exclude": exclude or []}
    wish = Wish(
        source="huggingface",
        reference={"repo": repo_id, "revision": revision, **patterns},
        model=model_name,
        team=team,
        label=version,
        sign_key=sign_key,
        new_version=new_version,
        keep_temp=keep_temp,
        convert=convert,
    )
    with registry(url) as there:
        return imported(there, wish, How(plan, wait, as_json, local))


def mlflow(
    model_name: ModelName,
    run_id: Annotated[str | None, typer.Option(help="The run that made the model.")] = None,
    artifact_path: Annotated[
        str | None, typer.Option(help="The file or folder among its artifacts.")
    ] = None,
    uri: Annotated[
        str | None,
        typer.Option(
            help="In place of these: runs:/RUN/PATH, models:/NAME/VERSION, models:/NAME@ALIAS or "
            "models:/m-…."
        ),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(help="A tracking server of the registry's, where it has several."),
    ] = None,
    version: Label = None,
    team: TeamName = None,
    sign_key: SignKey = None,
    plan: Plan = False,
    new_version: NewVersion = False,
    keep_temp: KeepTemp = False,
    local: Local = False,
    convert: Convert = None,
    wait: Wait = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Import a model of an MLflow run, with the run's metrics, parameters and environment.

    The registry downloads it, scans, packs and signs it, and the run gets the tags
    aegis.registry.*. After Ctrl-C that goes on. With --local this machine downloads it from the
    server of MLFLOW_TRACKING_URI, signs and sends it.
    """
    wish = Wish(
        source="mlflow",
        reference={
            "server": server,
            "run_id": run_id,
            "artifact_path": artifact_path,
            "uri": uri,
        },
        model=model_name,
        team=team,
        label=version,
        sign_key=sign_key,
        new_version=new_version,
        keep_temp=keep_temp,
        convert=convert,
    )
    with registry(url) as there:
        return imported(there, wish, How(plan, wait, as_json, local))


def imported(there: ModelRegistry, wish: Wish, how: How) -> int:
    """Have it brought in, or only looked up, and say how that ended."""
    if how.plan:
        return _planned(there, wish, how)
    with bars(quiet=how.as_json) as progress:
        made = there.bring_in(wish, local=how.local, wait=how.wait, progress=progress)
    source = wish.source if how.local else None
    return ended(there, made, sign_key=wish.sign_key, source=source, as_json=how.as_json)


def _planned(there: ModelRegistry, wish: Wish, how: How) -> int:
    """Have it looked up, say what was found, and leave nothing behind."""
    if how.local:
        said = there.plan_local_import(wish.source, wish.reference, wish.model, team=wish.team)
        return _told(said["found"], said, wish, how)
    with bars(quiet=how.as_json) as progress:
        job = there.plan_import(
            wish.source,
            wish.reference,
            wish.model,
            version=wish.label,
            team=wish.team,
            sign_key=wish.sign_key,
            convert=wish.convert,
            progress=progress,
        )
    return _told(job.found or {}, job.document, wish, how)


def _told(found: Mapping[str, Any], document: Mapping[str, Any], wish: Wish, how: How) -> int:
    """Say what would come in, and whether it would be refused."""
    is_refused = any(notice["refuses"] for notice in found["notices"])
    if how.as_json:
        print_json(document)
    else:
        tell("Plan")
        tell(f"  Import {_origin(found, wish.source)} as {wish.model}")
        known = "size unknown" if found["size"] is None else size(found["size"])
        tell(f"  Copy {copy_of(found)}, {known}")
        for line in file_lines(found, wish.source):
            tell(f"  {line}")
        tell("Nothing was changed." if not is_refused else "It would be refused.")
    return Exit.REFUSED if is_refused else Exit.DONE


def ended(
    there: ModelRegistry,
    made: Version,
    *,
    sign_key: str | None,
    source: str | None = None,
    as_json: bool,
) -> int:
    """Read a version that was imported back, print how that ended, and return the exit code."""
    checks = read_back(there, made, sign_key=sign_key)
    if as_json:
        print_json({**version_json(made), "verification": [one.to_json() for one in checks]})
    else:
        job = made.job
        origin = _origin(job.found or {}, source or job.source) if job else "what was named"
        label = f" ({made.label})" if made.label else ""
        changes = [f"Registered {made.name}{label}: {files(made.file_count)}, {size(made.size)}"]
        if made.already_registered:
            changes = [f"None: {made.name}{label} has these files already"]
        print_change(
            plan=[f"Import {origin} as {made.model}"],
            changes=changes,
            verification=checks,
            rollback=_rollback(made),
            summary=_summary(made),
        )
    if made.unnoted:
        tell(
            f"{made.name} is registered, and its origin was not told: {made.unnoted}",
            to_stderr=True,
        )
    if made.conversion is not None and not as_json:
        number = made.conversion.number
        tell(f"It is being converted; wait with: aegis import status {number} --wait")
    if made.unconverted:
        tell(
            f"{made.name} is registered, and not converted: {made.unconverted}",
            to_stderr=True,
        )
    if made.quarantined_at:
        sentence = f"{made.name} is in quarantine and is not given out; its page says why."
        tell(sentence, to_stderr=True)
        return Exit.REFUSED
    if made.unconverted:
        return Exit.REFUSED
    return Exit.DONE if all(one.passed for one in checks) else Exit.FAILED


def _origin(found: Mapping[str, Any], source: str) -> str:
    where = SOURCES.get(source, source)
    return f"{found.get('shown') or 'what was named'} from {where}"


def _rollback(made: Version) -> str:
    if made.already_registered:
        return "None is needed"
    if made.state != "ready" and made.job is not None:
        return f"aegis import cancel {made.job.number}"
    return f'aegis archive {made.name} --reason "…"'


def _summary(made: Version) -> str:
    if made.state != "ready" and made.job is not None:
        return (
            f"{made.name} is {made.state}; wait with: aegis import status {made.job.number} --wait"
        )
    verb = "was there already" if made.already_registered else "is registered"
    return f"{made.name} {verb}; its stage is {made.stage}."
