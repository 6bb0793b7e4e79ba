"""The fixed cast of the tests: people with clear roles, made by the verbs."""

from dataclasses import dataclass
from typing import Final

from aegis.accounts.founding import found
from aegis.accounts.models import ADMINISTRATORS, AUDITORS, Team, User
from aegis.accounts.people import create_person, create_service_account, set_registry_role
from aegis.accounts.teams import add_member, create_team
from registry.signing_keys import list_first_key
from registry.watching_keys import note_all

PASSWORD: Final = "harvest-lantern-42"
"""Everybody's password."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is there: see each person's comment."""

    ada: User  # Administers the registry; belongs to no team.
    otto: User  # Audits: reads everything, changes nothing.
    mina: User  # Belongs to growth: uploads and asks.
    marc: User  # Belongs to growth, and maintains the models that he registers.
    rita: User  # Belongs to the risk team: reviews.
    remy: User  # The same.
    vera: User  # Signed in, no team: sees what is internal.
    stan: User  # The same; what is restricted is never shared with him.
    ci_growth: User  # The service account of growth's automation.
    growth: Team
    risk_team: Team

    def people(self) -> dict[str, User]:
        """Return the people, without the service account, by user name."""
        found = (getattr(self, name) for name in self.__slots__)
        return {u.username: u for u in found if isinstance(u, User) and not u.is_service}


def assemble() -> Cast:
    """Make the cast in an empty database."""
    found(demo=False)
    list_first_key()
    note_all()
    ada = create_person(
        actor=None,
        username="ada",
        name="Ada Okonkwo",
        email="ada@corp.example",
        password=PASSWORD,
        groups=[ADMINISTRATORS],
    )
    names = {
        "otto": "Otto Lindqvist",
        "mina": "Mina Okafor",
        "marc": "Marc Delacroix",
        "rita": "Rita Sandoval",
        "remy": "Remy Thibault",
        "vera": "Vera Novak",
        "stan": "Stan Kowalski",
    }
    people = {
        username: create_person(
            actor=ada,
            username=username,
            name=name,
            email=f"{username}@corp.example",
            password=PASSWORD,
        )
        for username, name in names.items()
    }
    people["otto"] = set_registry_role(people["otto"], actor=ada, role=AUDITORS, member=True)
    robot = create_service_account(actor=ada, username="ci-growth", name="Growth's automation")
    growth = create_team(actor=ada, slug="growth", name="Growth")
    risk_team = create_team(actor=ada, slug="risk-team", name="Risk team")
    for user in (people["mina"], people["marc"], robot):
        add_member(growth, user, actor=ada)
    for user in (people["rita"], people["remy"]):
        add_member(risk_team, user, actor=ada)
    return Cast(ada=ada, ci_growth=robot, growth=growth, risk_team=risk_team, **people)
