"""What of the latest scan of a version blocks it: the rule of the database, asked from Python."""

from django.db import connection

from registry.models import ModelVersion
from registry.models.scan_rules import uncovered


def uncovered_paths(version: ModelVersion) -> list[str]:
    """Return the paths that block ``version`` now: unsafe or unreadable, and not waived."""
    with connection.cursor() as cursor:
        cursor.execute(uncovered("%s"), [version.pk])
        return sorted(path for (path,) in cursor.fetchall())
