"""The policies that Aegis comes with, and how those of an older installation catch up."""

import io

import pytest
from django.core.management import CommandError, call_command

from aegis.problems import Forbidden
from approvals.default_policies import publish_default_policies, renew_default_policies
from approvals.models import PolicyRevision
from approvals.policies import GateSpec, publish_revision
from tests.cast import Cast, assemble
from tests.recorded import last, recorded, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    """The people of the tests, in a registry without any policy."""
    return assemble()


def gates_of(name: str) -> dict[str, bool]:
    """Return the gates of the policy's revision in force, and whether they block."""
    revision = PolicyRevision.objects.filter(policy__name=name).first()
    assert revision is not None
    return {gate.gate: gate.is_blocking for gate in revision.gates.all()}


def older(cast: Cast, **changes: object) -> PolicyRevision:
    """Publish the policy for Production as an installation has it that knew no scans."""
    said = {
        "name": "staging",
        "target": "Staging",
        "risk_tiers": [1, 2],
        "approvals_required": 1,
        "groups": [cast.risk_team],
        "gates": [GateSpec("signature"), GateSpec("licence", {"allowed": ["MIT"]})],
        "description": "Ours.",
        **changes,
    }
    return publish_revision(actor=cast.ada, **said)  # type: ignore[arg-type]


def test_a_new_registry_lets_nothing_unscanned_into_production(cast: Cast) -> None:
    publish_default_policies(actor=cast.ada)

    assert gates_of("production")["malware_scan"] is True
    assert gates_of("production")["file_formats"] is False
    assert gates_of("staging")["malware_scan"] is True
    since = last()
    publish_default_policies(actor=cast.ada)
    assert renew_default_policies(actor=cast.ada) == []
    assert recorded(since) == []


def test_an_older_policy_gets_what_it_lacks_and_keeps_what_was_made_of_it(cast: Cast) -> None:
    older(cast)

    (renewed,) = renew_default_policies(actor=cast.ada)

    assert (renewed.number, renewed.risk_tiers, renewed.approvals_required) == (2, [1, 2], 1)
    assert (renewed.groups, renewed.description) == ([cast.risk_team.group_id], "Ours.")
    assert list(gates_of("staging")) == [
        *("signature", "licence", "malware_scan", "secrets", "provenance"),
    ]
    assert renewed.gates.get(gate="licence").parameters == {"allowed": ["MIT"]}


def test_a_policy_that_is_out_of_force_stays_so(cast: Cast) -> None:
    older(cast, in_force=False)

    assert renew_default_policies(actor=cast.ada) == []


def test_only_administrators_renew_them(cast: Cast) -> None:
    older(cast)

    refused(Forbidden, "administrators_only", renew_default_policies, actor=cast.marc)


def test_a_command_does_it_and_says_so(cast: Cast) -> None:
    older(cast)
    said = io.StringIO()

    call_command("renew_default_policies", "ada", stdout=said)
    call_command("renew_default_policies", "ada", stdout=said)

    assert said.getvalue().splitlines() == [
        "staging: revision 2 is in force.",
        "The default policies lack nothing.",
    ]
    older(cast)
    for username in ("nobody", "marc"):
        with pytest.raises(CommandError):
            call_command("renew_default_policies", username)
