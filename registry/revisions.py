"""Triggers that raise the subject revision of a version."""

from typing import Any

import pgtrigger

from aegis.firm import Firm


class RaisesSubjectRevision(Firm):
    """Each new row changes what decisions about its version are about.

    ``version`` is the SQL expression of the version's key in the new row.
    """

    when = pgtrigger.After
    operation = pgtrigger.Insert

    def __init__(
        self,
        *,
        version: str = "NEW.version_id",
        name: str = "raises_subject_revision",
        **options: Any,
    ) -> None:
        super().__init__(
            name=name,
            **options,
            func=f"""
                UPDATE registry_modelversion SET subject_revision = subject_revision + 1
                    WHERE id = {version};
                RETURN NULL;
            """,
        )

    @classmethod
    def when_redacted(cls) -> "RaisesSubjectRevision":
        """Return the trigger for rows that become tombstones: their only UPDATE."""
        return cls(name="raises_revision_when_redacted", operation=pgtrigger.Update)
