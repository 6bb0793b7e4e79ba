"""What of the latest scan of a version blocks it: the rule of the database, asked from Python."""

from django.db import connection

from aegis.problems import Conflict
from registry.models import ModelVersion
from registry.models.scan_rules import uncovered


def uncovered_paths(version: ModelVersion) -> list[str]:
    """Return the paths that block ``version`` now: unsafe or unreadable, and not waived."""
    with connection.cursor() as cursor:
        cursor.execute(uncovered("%s"), [version.pk])
        return sorted(path for (path,) in cursor.fetchall())


def why_blocked(version: ModelVersion) -> Conflict | None:
    """Return the refusal of a version that its scan blocks now, whether it is held back yet or not.

    A waiver covers nothing from its date on, and the sweep that holds its version back comes later.
    """
    paths = uncovered_paths(version)
    if not paths:
        return None
    return Conflict(
        "scan_blocks",
        f"The scan of version {version.number} still blocks it over {paths[0]}.",
        mend="Add a version without the file, or have two people waive it where they can.",
        details={"paths": paths[:20]},
    )
