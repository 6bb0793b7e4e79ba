"""The people of the sample organisation, their teams and its policies."""

import ipaddress
import secrets
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from aegis.accounts.founding import SignIn
from aegis.accounts.models import ADMINISTRATORS, AUDITORS, Team, User
from aegis.accounts.people import create_person, create_service_account, set_registry_role
from aegis.accounts.teams import add_member, create_team
from approvals.models import PolicyRevision
from approvals.policies import publish_revision
from approvals.policy_terms import TIERS, GateSpec
from imports.rights import grant_import_right

WELL_KNOWN: Final = "aegis-sample-1"
"""The password of every sample person, as long as nobody else can reach the registry."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the sample: what they do in it, and the teams they belong to."""

    username: str
    name: str
    role: str
    teams: tuple[str, ...] = ()


PEOPLE: Final = (
    Person("lena", "Lena Fischer", "administrator"),
    Person("karim", "Karim Aziz", "maintainer", ("growth", "diagnostics")),
    Person("mina", "Mina Okafor", "contributor in Growth", ("growth",)),
    Person("aiko", "Aiko Tanaka", "contributor in Diagnostics", ("diagnostics",)),
    Person("dana", "Dana Reyes", "reviewer", ("risk-team",)),
    Person("tomasz", "Tomasz Wójcik", "reviewer", ("risk-team",)),
    Person("priya", "Priya Raman", "reviewer", ("risk-team",)),
    Person("vera", "Vera Haas", "viewer"),
    Person("otto", "Otto Lindqvist", "auditor"),
)
TEAMS: Final = {"growth": "Growth", "diagnostics": "Diagnostics", "risk-team": "Risk team"}
IMPORTING: Final = ("growth", "diagnostics")
"""The teams that may bring models in from other places."""
ALLOWED_LICENCES: Final = ["Apache-2.0", "BSD-3-Clause", "MIT"]


@dataclass(frozen=True, slots=True)
class Cast:
    """The people and teams of the sample, by their short names."""

    people: dict[str, User]
    teams: dict[str, Team]

    def __getitem__(self, username: str) -> User:
        return self.people[username]


def sign_ins(*, told: str | None = None) -> list[SignIn]:
    """Return who can sign in; ``told`` is their password if it was made just now."""
    password = told or (WELL_KNOWN if is_private() else None)
    return [SignIn(one.username, one.name, one.role, password) for one in PEOPLE]


def password() -> str:
    """Return the password for the sample people: random where others reach the registry."""
    return WELL_KNOWN if is_private() else secrets.token_urlsafe(12)


def is_private() -> bool:
    """Say whether only this machine reaches the registry."""
    host = str(settings.AEGIS_HOST)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def assemble(password: str) -> Cast:
    """Make everybody, by the administrator's hand."""
    users: dict[str, User] = {}
    for one in PEOPLE:
        users[one.username] = create_person(
            actor=users.get("lena"),
            username=one.username,
            name=one.name,
            email=f"{one.username}@example.org",
            password=password,
            groups=[] if users else [ADMINISTRATORS],
        )
    lena = users["lena"]
    users["otto"] = set_registry_role(users["otto"], actor=lena, role=AUDITORS, member=True)
    users["ci-growth"] = create_service_account(
        actor=lena, username="ci-growth", name="Growth's automation"
    )
    teams = {slug: create_team(actor=lena, slug=slug, name=name) for slug, name in TEAMS.items()}
    for one in PEOPLE:
        for slug in one.teams:
            add_member(teams[slug], users[one.username], actor=lena)
    add_member(teams["growth"], users["ci-growth"], actor=lena)
    for slug in IMPORTING:
        _let_import(teams[slug], lena)
    return Cast(users, teams)


def _let_import(team: Team, lena: User) -> None:
    grant_import_right(team, actor=lena, source="huggingface")
    for server in settings.AEGIS_MLFLOW_TRACKING_URIS:
        grant_import_right(team, actor=lena, source="mlflow", place=server)
    for bucket in settings.AEGIS_IMPORT_BUCKETS:
        grant_import_right(team, actor=lena, source="s3", place=bucket)


def recalled() -> Cast:
    """Return the people and teams that are there already."""
    users = {user.username: user for user in User.objects.all()}
    return Cast(users, {team.slug: team for team in Team.objects.all()})


def publish_policies(cast: Cast) -> None:
    """Publish a policy for each stage, and then the better revision that came of experience."""
    _staging(cast, "Signed bytes whose origin is known.", GateSpec("provenance"))
    _production(cast, 1, "At first: one reviewer, no look at fairness.", required=["evaluated"])
    _staging(
        cast,
        "As before, and with a licence that allows the use.",
        GateSpec("provenance"),
        GateSpec("licence", {"allowed": ALLOWED_LICENCES}),
    )
    _production(
        cast,
        2,
        "Two people of the risk team, who had no hand in the version, on reported numbers.",
        required=["evaluated", "bias_checked"],
    )


def _staging(cast: Cast, description: str, *gates: GateSpec) -> PolicyRevision:
    return publish_revision(
        actor=cast["lena"],
        name="staging",
        target="Staging",
        risk_tiers=TIERS,
        approvals_required=0,
        groups=[],
        gates=[GateSpec("signature"), GateSpec("malware_scan"), GateSpec("secrets"), *gates],
        description=description,
    )


def _production(
    cast: Cast, approvals: int, description: str, *, required: list[str]
) -> PolicyRevision:
    limits = {
        "accuracy": {"min": 0.70},
        "log_loss": {"max": 0.60},
        "latency_p95_ms": {"max": 500},
    }
    return publish_revision(
        actor=cast["lena"],
        name="production",
        target="Production",
        risk_tiers=TIERS,
        approvals_required=approvals,
        groups=[cast.teams["risk-team"]],
        gates=[
            GateSpec("evaluation", {"metrics": limits}),
            GateSpec("model_card"),
            GateSpec("signature"),
            GateSpec("malware_scan"),
            GateSpec("secrets"),
            GateSpec("file_formats", is_blocking=False),
            GateSpec("compliance_tags", {"required": required}),
            GateSpec("provenance"),
            GateSpec("licence", {"allowed": ALLOWED_LICENCES}),
        ],
        description=description,
    )
