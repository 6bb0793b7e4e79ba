"""The verifier finds what somebody changed behind the database's guards."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from aegis.audit import actions, chain
from aegis.audit.models import AuditEvent
from aegis.audit.recording import record, verb
from aegis.audit.verify import verify_log

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

COUNT = 9


@pytest.fixture(autouse=True)
def _entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_SENTENCES", {"rehearsal:made": "made a group"})

    @verb
    def make(number: int) -> None:
        group = Group.objects.create(name=str(number))
        record("rehearsal:made", actor=None, about=group, data={"number": number})

    for number in range(COUNT):
        make(number)


def tamper(statement: str, *values: Any) -> None:
    """Change the table as somebody who owns it and lifts its guards."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")


def test_an_untouched_log_holds_in_batches_of_every_size() -> None:
    head = bytes(AuditEvent.objects.get(seq=COUNT).hash).hex()
    for batch in (1, 2, COUNT, COUNT + 1):
        found = verify_log(batch=batch)
        assert (found.entries, found.head, found.bad) == (COUNT, head, None)
        assert found.holds


def test_an_empty_log_holds() -> None:
    tamper("DELETE FROM audit_auditevent")
    assert verify_log().entries == 0
    assert verify_log().holds


@pytest.mark.parametrize("batch", [1, 2, 100])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "rehearsal:other"),
        ("object_type", "user"),
        ("object_id", "0"),
        ("model_id", uuid.UUID(int=1)),
        ("occurred_at", "2020-01-01T00:00:00Z"),
    ],
)
def test_a_changed_column_is_found_though_the_chain_holds(
    batch: int, column: str, value: object
) -> None:
    tamper(f"UPDATE audit_auditevent SET {column} = %s WHERE seq = 5", value)
    found = verify_log(batch=batch)
    assert found.bad == chain.BadEntry(5, f"its column {column} differs from its body")
    assert found.entries == 4
    assert found.head == bytes(AuditEvent.objects.get(seq=4).hash).hex()
    assert not found.holds


def test_a_changed_body_is_found() -> None:
    tamper("UPDATE audit_auditevent SET body = replace(body, '\"number\":4', '\"number\":5')")
    assert verify_log().bad == chain.BadEntry(5, "its hash is not the one of its body")


def test_a_removed_entry_is_found() -> None:
    tamper("DELETE FROM audit_auditevent WHERE seq = 3")
    assert verify_log().bad == chain.BadEntry(3, "the entry is missing: after 2 comes 4")


def test_a_rewritten_entry_is_found_by_the_one_after_it() -> None:
    entry = AuditEvent.objects.get(seq=5)
    body = entry.body.replace('"number":4', '"number":7')
    forged = chain.entry_hash(bytes(entry.previous_hash), body.encode())
    tamper("UPDATE audit_auditevent SET body = %s, hash = %s WHERE seq = 5", body, forged)
    assert verify_log().bad == chain.BadEntry(6, "it does not carry the hash of the entry before")


@pytest.mark.parametrize("body", ["[]", '{"seq":9}', "null", '"text"'])
def test_a_body_that_is_no_entry_is_found(body: str) -> None:
    last = AuditEvent.objects.get(seq=COUNT)
    forged = chain.entry_hash(bytes(last.previous_hash), body.encode())
    tamper("UPDATE audit_auditevent SET body = %s, hash = %s WHERE seq = %s", body, forged, COUNT)
    found = verify_log()
    assert found.bad is not None
    assert found.bad.seq == COUNT
    assert "body" in found.bad.reason


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_first_bad_entry_is_named_of_several(batch: int) -> None:
    tamper("UPDATE audit_auditevent SET action = 'rehearsal:other' WHERE seq IN (4, 7)")
    tamper("DELETE FROM audit_auditevent WHERE seq = 6")
    found = verify_log(batch=batch)
    assert found.bad is not None
    assert found.bad.seq == 4


def test_its_memory_does_not_grow_with_the_log(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):  # Three full batches and an empty one; each is let go.
        assert verify_log(batch=3).entries == COUNT
