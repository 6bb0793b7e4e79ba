"""The right to import, which is a team's and for one source; an administrator gives it."""

from typing import Final

from django.db import IntegrityError, transaction

from aegis.accounts.models import Team, User
from aegis.accounts.permits import require_administrator
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid
from imports.models import ImportRight
from registry.models import ModelVersion

_OPEN: Final = frozenset({ModelVersion.Source.UPLOAD, ModelVersion.Source.CONVERSION})
"""What needs no right beyond that to contribute to the model."""
ACT: Final = "say who may import from where"


@verb
def grant_import_right(team: Team, *, actor: User, source: str, place: str = "") -> ImportRight:
    """Let the members of ``team`` import from ``source``, at ``place`` where it has several."""
    require_administrator(actor, ACT)
    _check(source)
    try:
        with transaction.atomic():
            right: ImportRight = ImportRight.objects.create(
                team=team, source=source, place=place, granted_by=actor
            )
    except IntegrityError as error:
        raise Conflict("import_right_there", f"{team} has that right already.") from error
    record("import:right_granted", actor=actor, about=right, data=_data(right))
    return right


@verb
def withdraw_import_right(right: ImportRight, *, actor: User) -> None:
    """Take the right of a team to import from a source away; imports under way go on."""
    require_administrator(actor, ACT)
    record("import:right_withdrawn", actor=actor, about=right, data=_data(right))
    right.delete()


def has_import_right(team: Team, *, source: str, place: str = "") -> bool:
    """Say whether the members of ``team`` may import from a source."""
    return bool(ImportRight.objects.filter(team=team, source=source, place=place).exists())


def require_import_right(team: Team, *, source: str, place: str = "") -> None:
    """Raise ``Forbidden`` unless the members of ``team`` may import from a source."""
    if has_import_right(team, source=source, place=place):
        return
    where = ModelVersion.Source(source).label + (f" {place}" if place else "")
    raise Forbidden(
        "import_right_missing",
        f"The team {team.name} has no right to import from {where}.",
        mend="An administrator can give it, in the administration under import rights.",
        details={"team": team.slug, "source": source, "place": place},
    )


def _check(source: str) -> None:
    if source not in ModelVersion.Source.values or source in _OPEN:
        raise Invalid("import_source_unknown", "There is no such source.", field="source")


def _data(right: ImportRight) -> dict[str, str]:
    return {"team": right.team.slug, "source": right.source, "place": right.place}
