"""Give the policies that Aegis came with the gates that it has learned since."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from aegis.accounts.models import User
from aegis.problems import Refusal
from approvals.default_policies import renew_default_policies


class Command(BaseCommand):
    """Publish the revisions, and say which; where nothing is missing, change nothing."""

    help = (
        "Publish revisions of the default policies with the gates that they lack. "
        "Open requests that they govern become stale and are asked for again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the administrator in whose name the revisions are published."""
        parser.add_argument("username", help="The administrator who publishes them.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each revision."""
        actor = User.objects.filter(username=options["username"]).first()
        if actor is None:
            message = f"There is no account {options['username']}."
            raise CommandError(message)
        try:
            renewed = renew_default_policies(actor=actor)
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        for revision in renewed:
            self.stdout.write(f"{revision.policy.name}: revision {revision.number} is in force.")
        if not renewed:
            self.stdout.write("The default policies lack nothing.")
