"""What can happen to imports, beyond what happens to their versions, as the audit log says it."""

from aegis.audit.actions import declare

declare({"import:retried": "had the import tried again"})
