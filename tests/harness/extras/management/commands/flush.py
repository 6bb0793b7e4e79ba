"""Empty the database after a test that committed: it is cloned from the template again.

Django's own command truncates, which the guards of append-only tables refuse, to the owner too.
A clone lifts no guard, brings back what migrations had put in, and takes 50 ms (measured).
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from tests.harness import databases


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database")
        for name in ("interactive", "reset_sequences", "allow_cascade", "inhibit_post_migrate"):
            parser.add_argument(f"--{name}", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        for connection in connections.all(initialized_only=True):
            connection.close()
            if connection.settings_dict["OPTIONS"].get("pool"):
                connection.close_pool()
        databases.clone()
