"""What can happen to imports, beyond what happens to their versions, as the audit log says it."""

from aegis.audit.actions import declare

declare(
    {
        "import:asked": "asked for an import",
        "import:started": "started an import that was looked up",
        "import:cancelled": "cancelled the import",
        "import:retried": "had the import tried again",
        "import:known": "found that the files are registered already",
        "import:failed": "gave the import up",
        "version:outdated": "found that the hub has a newer commit than the version",
        "version:reading_asked": "asked for the run to be read back",
        "import:right_granted": "gave a team the right to import",
        "import:right_withdrawn": "took a team's right to import away",
    }
)
