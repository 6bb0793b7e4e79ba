"""``aegis list`` and ``aegis show``."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Annotated, Any, Final

import typer

from aegis.cli.exits import Exit
from aegis.cli.options import Json, Named, Url, registry, split
from aegis.cli.origins import news_words, origin_lines
from aegis.cli.output import print_json, print_table, size, tell, version_json, version_lines
from aegis.problems import Invalid
from aegis.sdk import ModelRegistry, Version

READ_BACK: Final = "mlflow"
"""The source whose runs say what became of them."""


def list_(
    name: Annotated[
        str | None, typer.Argument(help="A model, whose versions are listed; all models without.")
    ] = None,
    words: Annotated[
        str | None, typer.Option("--search", help="Only models of these words.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="Only models of this team.")] = None,
    stage: Annotated[
        str | None, typer.Option(help="Only models with a version in this stage.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help="What came from there: huggingface. The latest of each model."),
    ] = None,
    newer: Annotated[
        bool, typer.Option("--newer", help="With --from: only what the hub has a newer commit of.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """List registered models, the versions of one, or what came from the Hugging Face Hub."""
    if source is not None or newer:
        _refuse_unfitting(source, name or stage)
        of_hub = {"q": words, "team": team, "newer": "true" if newer else None}
        return _from_hub(of_hub, limit=limit, url=url, as_json=as_json)
    with registry(url) as there:
        if name is not None:
            versions = list(islice(there.versions(name), limit))
            if as_json:
                print_json([version_json(one) for one in versions])
                return Exit.DONE
            headings = ("Version", "Label", "State", "Stage", "Size", "Digest")
            print_table(
                headings,
                [
                    (str(one.number), one.label or "", one.state, one.stage, size(one.size),
                     (one.digest or "")[:12])
                    for one in versions
                ],
            )  # fmt: skip
            return Exit.DONE
        filters = {"q": words, "team": team, "stage": stage}
        wanted = {name: value for name, value in filters.items() if value is not None}
        models = list(islice(there.models(**wanted), limit))
    if as_json:
        print_json(models)
    else:
        print_table(("Model", "Team", "Production", "Latest"), list(_rows(models)))
    return Exit.DONE


def show(
    named: Named,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Also where an imported version comes from.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(help="With --provenance: have the MLflow run read back, or say when it was."),
    ] = True,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Show a version.

    With --provenance it ends with 1 where the run that it came from names another digest now.
    """
    name, ref = split(named)
    with registry(url) as there:
        found = there.show(name, ref)
        origin = _origin(there, found, check=check) if provenance else None
    if as_json:
        further = {} if origin is None else {"provenance": origin}
        print_json({**version_json(found), **further})
    else:
        tell(*version_lines(found), *(origin_lines(origin) if origin else ()))
    reading = (origin or {}).get("reading")
    return Exit.FAILED if reading and reading["verdict"] == "other" else Exit.DONE


def _origin(there: ModelRegistry, found: Version, *, check: bool) -> Mapping[str, Any]:
    """Return where a version comes from, with what its run says now, or said last."""
    origin = there.provenance(found.model, found.number)
    if origin["source"] != READ_BACK:
        return origin
    read = there.check_provenance if check else there.last_reading
    return {**origin, "reading": read(found.model, found.number)}


def _refuse_unfitting(source: str | None, other: str | None) -> None:
    if source != "huggingface":
        raise Invalid("from_unknown", "What is listed by its origin came from huggingface.")
    if other is not None:
        raise Invalid("from_and_other", "--from goes with --search, --team and --newer alone.")


def _from_hub(
    filters: Mapping[str, str | None], *, limit: int, url: str | None, as_json: bool
) -> int:
    wanted = {name: value for name, value in filters.items() if value is not None}
    with registry(url) as there:
        found = list(islice(there.hub_origins(**wanted), limit))
    if as_json:
        print_json(found)
        return Exit.DONE
    print_table(
        ("Version", "Repository", "Commit", "Imported by", "Licence", "On the hub"),
        [
            (f"{one['model']}@{one['version']}", one["repo"], one["commit"][:12],
             one["imported_by"], one["licence"] or "", news_words(one["hub"]))
            for one in found
        ],
    )  # fmt: skip
    return Exit.DONE


def _rows(models: Iterable[Any]) -> Iterable[tuple[str, ...]]:
    for model in models:
        marks = [_mark(model[stage]) for stage in ("production", "latest")]
        yield (model["name"], model["team"], *marks)


def _mark(version: dict[str, Any] | None) -> str:
    if version is None:
        return ""
    return f"v{version['number']}" + (f" {version['label']}" if version["label"] else "")
