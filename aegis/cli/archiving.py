"""``aegis archive``."""

from typing import Annotated

import typer

from aegis.cli.changes import ReadBack, print_change
from aegis.cli.exits import Exit
from aegis.cli.options import Json, Url, registry, split
from aegis.cli.output import print_json, version_json
from aegis.problems import Invalid


def archive(
    named: Annotated[str, typer.Argument(metavar="NAME@REF", help="A model and a version of it.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the version's history.")],
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Take a version out of use for good."""
    name, ref = split(named)
    if "@" not in named:
        sentence = f"Which version of {name} is meant?"
        raise Invalid("name_invalid", sentence, mend="Write NAME@REF.")
    with registry(url) as there:
        before = there.show(name, ref)
        there.archive(before.model, before.number, reason=reason)
        after = there.show(before.model, before.number)
    is_archived = after.stage == "Archived"
    if as_json:
        print_json(version_json(after))
    else:
        print_change(
            plan=[f"Archive {before.name}"],
            changes=[f"Stage {before.stage} → {after.stage}"],
            verification=[ReadBack(is_archived, f"{after.name} is {after.stage}")],
            rollback="None: a version that is archived stays so. Register its files again.",
            summary=f"{after.name} is out of use.",
        )
    return Exit.DONE if is_archived else Exit.FAILED
