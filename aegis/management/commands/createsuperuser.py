"""Say what to run instead of Django's command of this name."""

from typing import Any

from django.core.management import BaseCommand, CommandError


class Command(BaseCommand):
    """Refuse: a superuser would pass every check, and the database holds none."""

    help = "Aegis has no superusers; see create_administrator."

    def handle(self, *args: Any, **options: Any) -> None:
        """Name the command that makes an administrator."""
        sentence = "Nobody is a superuser here. Run create_administrator, which makes a person."
        raise CommandError(sentence)
