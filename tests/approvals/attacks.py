"""What an attacker has who speaks SQL as the application's database role."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from aegis.keys import new_key


def run(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Carry out a statement as the application's role and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def insert(table: str, row: Mapping[str, Any]) -> None:
    """Add a row with exactly these columns."""
    columns = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    run(f"INSERT INTO {table} ({columns}) VALUES ({places})", *row.values())


def insert_decision(request: Any, person: Any, **changes: Any) -> None:
    """Add a decision that names the stored subject."""
    said = {
        "id": new_key(),
        "request_id": request.pk,
        "verdict": "approve",
        "comment": "",
        "decided_by_id": person.pk,
        "decided_at": timezone.now(),
        "authenticated_at": timezone.now(),
        "subject_digest": request.subjects.values_list("digest", flat=True)[0],
        "subject_revision": 0,
    }
    insert("approvals_decision", {**said, **changes})


def insert_transition(version: Any, **changes: Any) -> None:
    """Add the transition that would be the next one to Production."""
    said = {
        "id": new_key(),
        "version_id": version.pk,
        "sequence": version.stage_sequence + 1,
        "kind": "promotion",
        "source": version.stage,
        "target": "Production",
        "request_id": None,
        "cause_id": None,
        "reason": "",
        "actor_id": version.created_by_id,
        "moved_at": timezone.now(),
    }
    insert("approvals_stagetransition", {**said, **changes})


def insert_statement(request: Any, **changes: Any) -> None:
    """Add a statement over the version as it is now, in the name of the key that signed it.

    Its envelope is nothing: only a key signs.
    """
    version = request.version
    signature = version.signatures.latest("signed_at")
    said = {
        "id": new_key(),
        "request_id": request.pk,
        "transition_id": None,
        "manifest_digest": version.digest,
        "subject_digest": "0" * 64,
        "subject_revision": version.subject_revision,
        "key_name": signature.key_name,
        "key_version": signature.key_version,
        "key_hint": signature.key_hint,
        "public_key": signature.public_key,
        "envelope": "{}",
        "is_development": signature.is_development,
        "signed_at": timezone.now(),
    }
    insert("approvals_promotionstatement", {**said, **changes})


def follow(version: Any, stage: str = "Production") -> None:
    """Let the version go where its transition says."""
    run(
        "UPDATE registry_modelversion SET stage = %s, stage_sequence = stage_sequence + 1 "
        "WHERE id = %s",
        stage,
        version.pk,
    )


def set_state(request: Any, *states: str) -> None:
    """Take a request through states, which the application may write."""
    for state in states:
        run("UPDATE approvals_promotionrequest SET state = %s WHERE id = %s", state, request.pk)


def at_commit() -> None:
    """Have the deferred triggers and constraints checked, as a commit would."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


class refused:  # noqa: N801 -- It reads as a clause: with refused("…").
    """Expect the database to refuse what is within, in these words, and take it back."""

    def __init__(self, words: str) -> None:
        self._raises = pytest.raises(DatabaseError, match=words)
        self._savepoint = transaction.atomic()

    def __enter__(self) -> None:
        self._raises.__enter__()
        self._savepoint.__enter__()

    def __exit__(self, *failure: object) -> bool:
        self._savepoint.__exit__(*failure)
        return bool(self._raises.__exit__(*failure))
