"""``aegis list`` and ``aegis show``."""

from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Any

import typer

from aegis.cli.exits import Exit
from aegis.cli.options import Json, Named, Url, registry, split
from aegis.cli.origins import origin_lines
from aegis.cli.output import print_json, print_table, size, tell, version_json, version_lines


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
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    url: Url = None,
    as_json: Json = False,
) -> int:
    """List registered models, or the versions of one."""
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
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Show a version."""
    name, ref = split(named)
    with registry(url) as there:
        found = there.show(name, ref)
        origin = there.provenance(found.model, found.number) if provenance else None
    if as_json:
        further = {} if origin is None else {"provenance": origin}
        print_json({**version_json(found), **further})
    else:
        tell(*version_lines(found), *(origin_lines(origin) if origin else ()))
    return Exit.DONE


def _rows(models: Iterable[Any]) -> Iterable[tuple[str, ...]]:
    for model in models:
        marks = [_mark(model[stage]) for stage in ("production", "latest")]
        yield (model["name"], model["team"], *marks)


def _mark(version: dict[str, Any] | None) -> str:
    if version is None:
        return ""
    return f"v{version['number']}" + (f" {version['label']}" if version["label"] else "")
