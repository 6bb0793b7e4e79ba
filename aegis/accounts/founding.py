"""The first start of a registry: its roles, its first administrator, its first team."""

import json
import secrets
from dataclasses import dataclass
from typing import Final

from aegis.accounts.models import ADMINISTRATORS, User
from aegis.accounts.people import create_person
from aegis.accounts.registry_roles import lock_roles, set_up_roles
from aegis.accounts.teams import found_team
from aegis.audit.models import AuditEvent
from aegis.audit.recording import record, verb

FOUNDED: Final = "registry:founded"
FIRST_TEAM: Final = ("default", "Default team")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who can sign in, as the first start tells it; no password where it is not told."""

    username: str
    name: str
    role: str
    password: str | None


@verb
def found(*, demo: bool) -> bool:
    """Set up the roles, and say whether this registry holds the sample organisation.

    The first call decides that for ever: later ones, whatever ``demo`` says, return what
    was decided. A registry with accounts that nobody founded holds real people.
    """
    group = lock_roles()
    set_up_roles()
    entry = AuditEvent.objects.filter(action=FOUNDED).order_by("seq").first()
    if entry is not None:
        return bool(json.loads(entry.body)["data"]["demo"])
    holds_sample = demo and not User.objects.exists()
    record(FOUNDED, actor=None, about=group, data={"demo": holds_sample})
    return holds_sample


@verb
def first_administrator() -> SignIn | None:
    """Add ``admin``, with a random password and a first team, where there is no account yet."""
    lock_roles()
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(15)
    admin = create_person(
        actor=None,
        username="admin",
        name="Administrator",
        email="admin@localhost",
        password=password,
        groups=[ADMINISTRATORS],
    )
    slug, team_name = FIRST_TEAM
    found_team(slug=slug, name=team_name, members=[admin])
    return SignIn(admin.username, admin.name, "administrator", password)
