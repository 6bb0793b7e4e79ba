"""Write the parts of the documentation that follow from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from aegis import data_model


class Command(BaseCommand):
    """Write the reference of the tables and the diagrams of the state machines."""

    help = "Write the documentation that follows from the code: data model, state machines."
    requires_system_checks: list[str] = []  # noqa: RUF012 -- Django's name and type.

    def handle(self, *_: Any, **__: Any) -> None:
        """Write each file and name it."""
        target = Path(settings.ROOT) / "docs" / "reference" / "data-model.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(data_model.render())
        self.stdout.write(f"Wrote {target.relative_to(settings.ROOT)}")
