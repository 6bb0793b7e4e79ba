"""Add an administrator on the word of whoever runs commands on this installation."""

import json
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from aegis.accounts.people import appoint_administrator
from aegis.accounts.registry_roles import set_up_roles
from aegis.problems import Refusal


class Command(BaseCommand):
    """Add the account, and print how to sign in."""

    help = "Add an administrator, and print user name and password as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the parts of the account; a password only from the standard input."""
        parser.add_argument("username")
        parser.add_argument("--name", required=True)
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="Read the password from the standard input; a random one is made otherwise.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print ``username`` and ``password`` (null if it was given)."""
        given = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        password = secrets.token_urlsafe(15) if given is None else given
        try:
            set_up_roles()
            user = appoint_administrator(
                username=options["username"],
                name=options["name"],
                email=options["email"],
                password=password,
            )
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        shown = password if given is None else None
        self.stdout.write(json.dumps({"username": user.username, "password": shown}))
