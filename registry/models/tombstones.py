"""What a redaction leaves of a row, and the one UPDATE that the database lets through for it."""

from collections.abc import Mapping

import pgtrigger
from django.db import models

from aegis.firm import AppendOnlyExcept, NoTruncate


def approved(redaction: str, kind: str, target: str, version: str) -> str:
    """Return the SQL condition that two people stand by a redaction of exactly this.

    All but ``kind`` are SQL expressions.
    """
    return f"""EXISTS (
        SELECT 1 FROM registry_redaction x
        JOIN registry_redactiondecision d ON d.redaction_id = x.id AND d.verdict = 'approve'
        WHERE x.id = {redaction} AND x.kind = '{kind}' AND x.target = {target}
          AND x.version_id = {version})"""


def append_only_but_redacted(
    kind: str,
    *,
    emptied: Mapping[str, str],
    target: str = "NEW.id::text",
    version: str = "NEW.version_id",
) -> list[pgtrigger.Trigger]:
    """Return the triggers of a table that only grows, whose rows can become tombstones.

    ``emptied`` maps the fields of the body to the SQL of what stays of them; all other columns
    stay as they are, and ``redaction`` says which redaction it was, once.
    """
    gone = " AND ".join(f"NEW.{column} = {value}" for column, value in emptied.items())
    return [
        AppendOnlyExcept(
            mutable=(*emptied, "redaction"),
            allowed_sql=f"""
                OLD.redaction_id IS NULL AND {gone}
                AND {approved("NEW.redaction_id", kind, target, version)}
            """,
        ),
        NoTruncate(),
    ]


def redaction_key() -> "models.ForeignKey[models.Model | None, models.Model | None]":
    """Return the field that names the redaction of a row; None where its body is still there."""
    return models.ForeignKey(
        "registry.Redaction", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
