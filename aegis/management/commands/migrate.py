"""Migrate as the owner of the database, then give the application its rights."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections

from aegis.database.grants import apply_grants

OWNER = "owner"


class Command(MigrateCommand):
    """Django's migrate, always as the owner role, followed by the grants."""

    help = "Bring the database up to date as its owner and grant the application its rights."

    def add_arguments(self, parser: CommandParser) -> None:
        """Make the owner's connection the default one."""
        super().add_arguments(parser)
        parser.set_defaults(database=OWNER)

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, make the cache table, grant."""
        super().handle(*args, **options)
        if options.get("plan") or options.get("check_unapplied"):
            return
        call_command("createcachetable", database=options["database"], verbosity=0)
        apply_grants(connections[options["database"]], settings.DATABASES["default"]["USER"])
