"""Set up an empty registry: roles, what metrics mean, the first people, the first policies."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from aegis.accounts.founding import SignIn, first_administrator, found
from aegis.accounts.models import User
from aegis.accounts.permits import administrators
from aegis.accounts.tokens import adopt_token
from aegis.problems import Refusal
from approvals.default_policies import publish_default_policies
from registry.metric_definitions import define_default_metrics
from registry.signing_keys import list_first_key

SHORTEST_SAFE_TOKEN = 32


class Command(BaseCommand):
    """Do what a first start needs; where it is done, change nothing."""

    help = "Set up an empty registry, and print who can sign in as JSON. It may run at every start."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print ``people`` (name, username, role, password or null) and ``notes`` (sentences)."""
        try:
            holds_sample = found(demo=settings.AEGIS_DEMO)
            define_default_metrics()
            list_first_key()
            people = _sample(self.stderr.write) if holds_sample else _empty()
            notes = _adopt_token()
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        answer = {"people": [asdict(person) for person in people], "notes": notes}
        self.stdout.write(json.dumps(answer))


def _sample(say: Callable[[str], object]) -> list[SignIn]:
    # An installation without the sample need not have what trains its models.
    from aegis.demo.organisation import build  # noqa: PLC0415

    return build(say=say)


def _empty() -> list[SignIn]:
    told = first_administrator()
    if (administrator := _first_administrator()) is not None:
        publish_default_policies(actor=administrator)
    return [told] if told else []


def _first_administrator() -> User | None:
    return administrators().order_by("date_joined", "pk").first()


def _adopt_token() -> list[str]:
    plain, user = settings.AEGIS_ADMIN_TOKEN, _first_administrator()
    if plain is None or user is None:
        return []
    adopt_token(plain, user=user, name="AEGIS_ADMIN_TOKEN")
    if len(plain) >= SHORTEST_SAFE_TOKEN:
        return []
    return ["AEGIS_ADMIN_TOKEN is short, so it could be guessed; `openssl rand -hex 32` makes one."]
