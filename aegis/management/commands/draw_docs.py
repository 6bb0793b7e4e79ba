"""Write the parts of the documentation that follow from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from aegis import command_reference, data_model, state_machines


class Command(BaseCommand):
    """Write the references of tables and command, and the diagrams of the state machines."""

    help = "Write the documentation that follows from the code: tables, command, state machines."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        """Write each file and name it."""
        docs = Path(settings.ROOT) / "docs"
        layout = docs / "architecture.md"
        self._write(docs / "reference" / "data-model.md", data_model.render())
        self._write(docs / "reference" / "cli.md", command_reference.render())
        self._write(layout, state_machines.drawn_into(layout.read_text()))

    def _write(self, target: Path, text: str) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        self.stdout.write(f"Wrote {target.relative_to(settings.ROOT)}")
