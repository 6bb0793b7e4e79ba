"""What ``@verb`` and ``record`` promise: one change, its entries and its effects, or nothing."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction

from aegis.accounts.models import User
from aegis.audit import actions, chain
from aegis.audit.models import AuditEvent
from aegis.audit.recording import record, verb
from aegis.audit.verify import verify_log
from aegis.events import outbox
from aegis.events.models import OutboxEvent
from tests.cast import Cast

pytestmark = pytest.mark.django_db

MADE, NAMED = "rehearsal:made", "rehearsal:named"


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_SENTENCES", dict(actions._SENTENCES))
    monkeypatch.setattr(outbox, "_handlers", dict(outbox._handlers))
    actions.declare({MADE: "made a group", NAMED: "named a group"})


@verb
def make(name: str, *, actor: User | None = None, **options: Any) -> Group:
    group = Group.objects.create(name=name)
    record(MADE, actor=actor, about=group, **options)
    return group


@verb
def make_and_fail(name: str) -> None:
    make(name)
    raise ValueError(name)


def entries() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__startswith="rehearsal:").order_by("seq"))


def test_an_entry_says_who_did_what_to_what_and_when(cast: Cast) -> None:
    before = AuditEvent.objects.order_by("-seq").first()
    group = make(
        "risk",
        actor=cast.ada,
        model_id=cast.growth.pk,
        data={"number": 3},
        texts={"reason": "because", "empty": ""},
    )
    [entry] = entries()
    body = json.loads(entry.body)
    reason = body["texts"].pop("reason")
    assert body == {
        "format": 1,
        "seq": entry.seq,
        "at": entry.occurred_at.isoformat(),
        "actor": {"id": str(cast.ada.pk), "kind": "person"},
        "action": MADE,
        "object": {"type": "group", "id": str(group.pk)},
        "model": str(cast.growth.pk),
        "data": {"number": 3},
        "texts": {},
    }
    assert chain.is_digest_of("because", chain.SaltedDigest(**reason))
    assert "because" not in entry.body
    assert entry.seq == before.seq + 1
    assert bytes(entry.previous_hash) == bytes(before.hash)
    assert bytes(entry.hash) == chain.entry_hash(bytes(before.hash), entry.body.encode())
    assert entry.body.encode() == chain.canonical(json.loads(entry.body))
    assert isinstance(datetime.fromisoformat(body["at"]), datetime)


@pytest.mark.parametrize(
    ("who", "kind"), [("ada", "person"), ("ci_growth", "service"), (None, "system")]
)
def test_an_entry_says_what_kind_of_actor_it_was(cast: Cast, who: str | None, kind: str) -> None:
    make("risk", actor=getattr(cast, who) if who else None)
    assert json.loads(entries()[0].body)["actor"]["kind"] == kind


def test_the_first_entry_follows_the_zero_hash() -> None:
    make("first")
    [entry] = entries()
    assert entry.seq == 1
    assert bytes(entry.previous_hash) == bytes(32)


def test_a_verb_inside_a_verb_is_one_change_in_the_order_of_its_records() -> None:
    @verb
    def make_two() -> None:
        first = make("one")
        record(NAMED, actor=None, about=first)
        make("two")
        assert entries() == []  # The outermost verb writes, at its end.

    make_two()
    assert [entry.action for entry in entries()] == [MADE, NAMED, MADE]
    assert len({entry.occurred_at for entry in entries()}) == 1
    assert verify_log().holds


def test_a_failed_verb_leaves_neither_change_nor_entry() -> None:
    with pytest.raises(ValueError, match="lost"):
        make_and_fail("lost")
    assert not Group.objects.filter(name="lost").exists()
    assert entries() == []


def test_a_verb_that_catches_an_inner_failure_keeps_only_its_own_part() -> None:
    @verb
    def try_it() -> None:
        make("kept")
        with pytest.raises(ValueError, match="dropped"):
            make_and_fail("dropped")
        make("kept too")

    try_it()
    names = dict(Group.objects.values_list("name", "pk"))
    assert names.keys() == {"kept", "kept too"}
    assert [entry.object_id for entry in entries()] == [
        str(names["kept"]),
        str(names["kept too"]),
    ]


def test_what_nobody_declared_is_refused_and_nothing_happens() -> None:
    @verb
    def undeclared() -> None:
        record("rehearsal:unheard_of", actor=None, about=Group.objects.create(name="ghost"))

    with pytest.raises(RuntimeError, match="Nobody declared the action rehearsal:unheard_of"):
        undeclared()
    assert not Group.objects.filter(name="ghost").exists()


def test_recording_outside_a_verb_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside a verb"):
        record(MADE, actor=None, about=Group(pk=1))


def test_recording_is_over_when_the_verb_is() -> None:
    with pytest.raises(ValueError, match="lost"):
        make_and_fail("lost")
    with pytest.raises(RuntimeError, match="outside a verb"):
        record(MADE, actor=None, about=Group(pk=1))


@pytest.mark.django_db(transaction=True)
def test_a_verb_that_runs_after_the_commit_of_another_is_recorded_too() -> None:
    @verb
    def make_then_another() -> None:
        make("one")
        transaction.on_commit(lambda: make("after the commit"))

    make_then_another()
    assert Group.objects.filter(name="after the commit").exists()
    assert len(entries()) == 2
    assert verify_log().holds


def test_an_effect_is_owed_in_the_change_s_own_transaction() -> None:
    outbox.handles(MADE)(lambda _: None)
    group = make("risk", data={"number": 3})
    event = OutboxEvent.objects.get(kind=MADE)
    assert event.payload == {
        "seq": entries()[0].seq,
        "actor": None,
        "object": {"type": "group", "id": str(group.pk)},
        "model": None,
        "data": {"number": 3},
    }
    with pytest.raises(ValueError, match="lost"):
        make_and_fail("lost")
    assert OutboxEvent.objects.filter(kind=MADE).count() == 1


def test_the_database_refuses_an_entry_beside_the_chain() -> None:
    make("first")
    [entry] = entries()
    for change in (
        {"seq": entry.seq + 2},
        {"previous_hash": bytes(32)},
        {"hash": bytes(32)},
    ):
        forged = {
            "seq": entry.seq + 1,
            "previous_hash": bytes(entry.hash),
            "hash": chain.entry_hash(bytes(entry.hash), b"{}"),
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditEvent.objects.create(
                **(forged | change),
                occurred_at=entry.occurred_at,
                action=MADE,
                object_type="group",
                object_id="1",
                body="{}",
            )


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_make_one_chain_without_gaps(threads: ThreadPoolExecutor) -> None:
    each, at_once = 12, 4
    start = Barrier(at_once)

    @verb
    def make_pair(name: str) -> None:
        make(f"{name} a")
        make(f"{name} b")

    def work(worker: int) -> None:
        try:
            start.wait(timeout=20)
            for turn in range(each):
                make_pair(f"{worker}-{turn}")
        finally:
            connection.close()

    for result in [threads.submit(work, worker) for worker in range(at_once)]:
        result.result(timeout=60)
    found = entries()
    assert [entry.seq for entry in found] == list(range(1, 2 * each * at_once + 1))
    # The two entries of one change stand beside one another.
    assert all(a.occurred_at == b.occurred_at for a, b in zip(found[::2], found[1::2], strict=True))
    checked = verify_log(batch=7)
    assert (checked.entries, checked.bad) == (len(found), None)
