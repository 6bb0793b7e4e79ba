"""The tables follow from the log; a row that was changed by SQL is named with its entry."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from aegis.audit.models import AuditEvent
from approvals.replay import replay
from approvals.requests import withdraw
from approvals.rollback import roll_back
from registry.models import ModelVersion
from tests.approvals import attacks, making
from tests.cast import Cast


@pytest.fixture
def history(cast: Cast, version: ModelVersion) -> ModelVersion:
    """Two promotions, a rollback, and a request that was withdrawn."""
    making.into_staging(version, cast)
    making.into_production(version, cast)
    second = making.new_version(version.registered_model, cast.mina)
    making.into_production(second, cast)
    roll_back(version.registered_model, actor=cast.marc, to_version=version, reason="Worse.")
    third = making.new_version(version.registered_model, cast.mina)
    withdraw(making.ask(third, cast.mina), actor=cast.mina)
    making.ask(third, cast.mina)
    version.refresh_from_db()
    return version


def entry(action: str, number: int) -> int:
    """Return the number of the last entry of ``action`` about version ``number``."""
    for row in AuditEvent.objects.filter(action=action).order_by("-seq"):
        if json.loads(row.body)["data"]["version"] == number:
            return row.seq
    raise AssertionError(action)


def verify(**options: object) -> tuple[int, str]:
    """Run the command, and return its exit code and what it said."""
    out = StringIO()
    try:
        call_command("audit_verify", stdout=out, **options)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_what_verbs_did_follows_from_the_log(history: ModelVersion) -> None:
    found = replay()
    assert found.holds
    assert (found.versions, found.requests) == (3, 5)
    code, said = verify()
    assert code == 0
    entries = AuditEvent.objects.count()
    assert f"All {entries} entries hold" in said
    assert "The stages of 3 versions and the states of 5 requests follow from the log." in said


def test_the_answer_as_json(history: ModelVersion) -> None:
    code, said = verify(json=True)
    answer = json.loads(said)
    assert code == 0
    assert answer["holds"] is True
    assert answer["bad"] is None
    assert answer["findings"] == []
    assert len(answer["head"]) == 64


def test_an_empty_registry_verifies(db: None) -> None:
    assert verify()[0] == 0


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_rows_that_the_owner_changed_are_named_with_their_entries(history: ModelVersion) -> None:
    # The owner may take the triggers off; this is what the log is for.
    as_owner(
        "registry_modelversion",
        f"UPDATE registry_modelversion SET stage = 'Staging' WHERE id = '{history.pk}'",
    )
    seq = entry("version:rolled_back", 1)
    code, said = verify()
    assert code == 1
    assert f"Entry {seq}: churn-predictor v1 is in Staging (move 4) by its table" in said

    as_owner(
        "approvals_promotionrequest",
        "UPDATE approvals_promotionrequest SET state = 'rejected' WHERE state = 'withdrawn'",
    )
    as_owner(
        "approvals_stagetransition",
        "UPDATE approvals_stagetransition SET target = 'Staging' WHERE kind = 'rollback'",
    )
    codes = [finding.code for finding in replay().findings]
    assert sorted(codes) == ["request_differs", "stage_differs", "transition_differs"]
    as_owner(
        "approvals_stagetransition",
        "DELETE FROM approvals_stagetransition WHERE kind = 'superseded'",
    )
    codes = [finding.code for finding in replay().findings]
    assert sorted(codes)[-3:] == ["transition_differs", *["transition_missing"] * 2]
    sequence = [finding.seq for finding in replay().findings]
    assert sequence == sorted(sequence)
    code, said = verify(json=True)
    answer = json.loads(said)
    assert (code, answer["holds"], answer["bad"]) == (1, False, None)
    assert answer["findings"][0]["seq"] == sequence[0] < seq

    bad = AuditEvent.objects.exclude(actor=None).order_by("seq").values_list("seq", flat=True)[4]
    as_owner("audit_auditevent", f"UPDATE audit_auditevent SET actor_id = NULL WHERE seq = {bad}")
    code, said = verify()
    assert code == 1
    assert said.startswith(f"Entry {bad} is bad: its column actor differs from its body.")


def as_owner(table: str, statement: str) -> None:
    """Change a table as its owner can, who takes the guards off first and puts them back."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


@pytest.mark.django_db(transaction=True)
def test_a_move_past_the_verbs_is_found_even_where_the_guards_allow_it(
    cast: Cast, version: ModelVersion
) -> None:
    with transaction.atomic():
        attacks.insert_transition(version, kind="archive", target="Archived", reason="Why")
        attacks.follow(version, "Archived")
    findings = replay().findings
    assert [finding.code for finding in findings] == ["stage_differs", "transition_without_entry"]
    assert {finding.seq for finding in findings} == {0}
