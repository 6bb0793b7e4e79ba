"""Triggers that raise the subject revision of a version."""

import pgtrigger

from aegis.firm import Firm


class RaisesSubjectRevision(Firm):
    """Each new row changes what decisions about its version are about.

    ``version`` is the SQL expression of the version's key in the new row.
    """

    when = pgtrigger.After
    operation = pgtrigger.Insert

    def __init__(self, *, version: str = "NEW.version_id") -> None:
        super().__init__(
            name="raises_subject_revision",
            func=f"""
                UPDATE registry_modelversion SET subject_revision = subject_revision + 1
                    WHERE id = {version};
                RETURN NULL;
            """,
        )
