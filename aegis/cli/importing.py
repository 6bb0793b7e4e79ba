"""``aegis import hf`` and ``aegis import mlflow``, and how every such command goes and ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from aegis.cli.changes import print_change, read_back
from aegis.cli.exits import Exit
from aegis.cli.options import Json, Url, registry
from aegis.cli.origins import SOURCES, copy_of, file_lines
from aegis.cli.output import bars, files, print_json, size, tell, version_json
from aegis.sdk import ModelRegistry, Version
from aegis.sdk.progress import Watcher

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
class Asked:
    """What the options of each command say: the origin, and how to go about it."""

    source: str
    reference: Mapping[str, Any]
    model: str
    version: str | None
    team: str | None
    sign_key: str | None
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
    reference = {"repo": repo_id, "revision": revision, **patterns}
    asked = Asked("huggingface", reference, model_name, version, team, sign_key, as_json, local)

    def bring_in(there: ModelRegistry, progress: Watcher) -> Version:
        return there.import_huggingface(
            repo_id,
            model_name,
            revision=revision,
            include=include or (),
            exclude=exclude or (),
            version=version,
            team=team,
            sign_key=sign_key,
            new_version=new_version,
            keep_temp=keep_temp,
            local=local,
            convert=convert,
            wait=wait,
            progress=progress,
        )

    with registry(url) as there:
        return planned(there, asked) if plan else imported(there, asked, bring_in)


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
    names = {"server": server, "run_id": run_id, "artifact_path": artifact_path, "uri": uri}
    reference = {name: value for name, value in names.items() if value is not None}
    asked = Asked("mlflow", reference, model_name, version, team, sign_key, as_json, local)

    def bring_in(there: ModelRegistry, progress: Watcher) -> Version:
        return there.import_mlflow(
            model_name,
            run_id=run_id,
            artifact_path=artifact_path,
            uri=uri,
            server=server,
            version=version,
            team=team,
            sign_key=sign_key,
            new_version=new_version,
            keep_temp=keep_temp,
            local=local,
            convert=convert,
            wait=wait,
            progress=progress,
        )

    with registry(url) as there:
        return planned(there, asked) if plan else imported(there, asked, bring_in)


def planned(there: ModelRegistry, asked: Asked) -> int:
    """Have it looked up, say what was found, and leave nothing behind."""
    if asked.local:
        said = there.plan_local_import(asked.source, asked.reference, asked.model, team=asked.team)
        return _told(said["found"], said, asked)
    with bars(quiet=asked.as_json) as progress:
        job = there.plan_import(
            asked.source,
            asked.reference,
            asked.model,
            version=asked.version,
            team=asked.team,
            sign_key=asked.sign_key,
            progress=progress,
        )
    return _told(job.found or {}, job.document, asked)


def _told(found: Mapping[str, Any], document: Mapping[str, Any], asked: Asked) -> int:
    """Say what would come in, and whether it would be refused."""
    is_refused = any(notice["refuses"] for notice in found["notices"])
    if asked.as_json:
        print_json(document)
    else:
        tell("Plan")
        tell(f"  Import {_origin(found, asked.source)} as {asked.model}")
        known = "size unknown" if found["size"] is None else size(found["size"])
        tell(f"  Copy {copy_of(found)}, {known}")
        for line in file_lines(found, asked.source):
            tell(f"  {line}")
        tell("Nothing was changed." if not is_refused else "It would be refused.")
    return Exit.REFUSED if is_refused else Exit.DONE


def imported(
    there: ModelRegistry, asked: Asked, bring_in: Callable[[ModelRegistry, Watcher], Version]
) -> int:
    """Have the version brought in, and say how that ended."""
    with bars(quiet=asked.as_json) as progress:
        made = bring_in(there, progress)
    source = asked.source if asked.local else None
    return ended(there, made, sign_key=asked.sign_key, source=source, as_json=asked.as_json)


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
    if made.quarantined_at:
        sentence = f"{made.name} is in quarantine and is not given out; its page says why."
        tell(sentence, to_stderr=True)
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
