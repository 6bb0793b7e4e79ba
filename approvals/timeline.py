"""What happened around a request, in the order of time. Pure, over loaded records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aegis.accounts.models import User
from approvals.models import PromotionRequest
from approvals.people_query import People
from approvals.records import RedactionRecord, VersionRecord
from approvals.request_query import CommentRecord, DecisionRecord, RequestRecord
from approvals.states import CLOSED, RequestState

_DECIDED: Final = {
    "approve": "approved",
    "request_changes": "asked for changes",
    "reject": "rejected the request",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``words`` follow the person's name; None is Aegis itself.

    ``kind``: asked, a verdict, comment, card, evidence, attested, dismissed, taken_back,
    moved, or a state in which the request ended. ``body`` is Markdown that somebody wrote,
    ``target`` by which kind and key it can be redacted, ``redaction`` what took it out.
    """

    at: datetime
    kind: str
    person: User | None
    words: str
    body: str = ""
    target: tuple[str, str] | None = None
    redaction: RedactionRecord | None = None


def timeline(record: RequestRecord, version: VersionRecord, people: People) -> list[Entry]:
    """Return the entries, the oldest first."""
    request = record.request
    target = request.target
    entries = [
        Entry(
            request.requested_at,
            "asked",
            people[request.requested_by_id],
            f"asked to promote {version.name} to {target}",
        ),
        *(entry for decision in record.decisions for entry in _decided(decision, version, people)),
        *(_commented(one, version, people) for one in record.comments),
        *_changes(version, people, since=request.requested_at),
        *_end(record, version),
        *_ended(request, people),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _commented(comment: CommentRecord, version: VersionRecord, people: People) -> Entry:
    target = ("comment", str(comment.id))
    gone = version.redacted.get(target)
    person = people[comment.written_by]
    return Entry(comment.written_at, "comment", person, "commented", comment.body, target, gone)


def _decided(decision: DecisionRecord, version: VersionRecord, people: People) -> Iterator[Entry]:
    person = people[decision.decided_by]
    words = _DECIDED[decision.verdict]
    target = ("decision", str(decision.id))
    gone = version.redacted.get(target)
    yield Entry(
        decision.decided_at,
        decision.verdict,
        person,
        words,
        "" if gone else decision.comment,
        target if decision.comment else None,
        gone,
    )
    if decision.dismissed_at is None:
        return
    what = "an approval" if decision.verdict == "approve" else "a decision"
    if decision.dismissal == "withdrawn":
        words = f"took {what} back"
        yield Entry(decision.dismissed_at, "taken_back", person, words)
    else:
        words = f"dismissed {what} of {person}, since what it was about changed"
        yield Entry(decision.dismissed_at, "dismissed", None, words)


def _changes(version: VersionRecord, people: People, *, since: datetime) -> Iterator[Entry]:
    for card in version.cards:
        if card.published_at > since:
            words = f"published revision {card.number} of the model card"
            yield Entry(card.published_at, "card", people[card.published_by], words)
    for piece in version.evidence:
        if piece.attached_at > since:
            words = f"attached {piece.title or 'evidence, redacted since'}"
            yield Entry(piece.attached_at, "evidence", people[piece.attached_by], words)
        if piece.attested_by and piece.attested_at and piece.attested_at > since:
            words = f"attested {piece.title or 'evidence, redacted since'}"
            person = people[piece.attested_by]
            yield Entry(piece.attested_at, "attested", person, words, piece.attestation)


def _end(record: RequestRecord, version: VersionRecord) -> Iterator[Entry]:
    for statement in record.statements:
        words = f"signed the promotion statement with {statement.key_name}"
        yield Entry(statement.signed_at, "signed", None, words)
    for move in record.moves:
        words = f"moved {version.name} to {record.request.target}"
        yield Entry(move.moved_at, "moved", None, words)


def _ended(request: PromotionRequest, people: People) -> Iterator[Entry]:
    state = RequestState(request.state)
    # A rejection is told by its decision, and a promotion by the move.
    if state not in CLOSED or state in {RequestState.REJECTED, RequestState.PROMOTED}:
        return
    words = f"closed the request as {state.label.lower()}"
    person = people.get(request.closed_by_id)
    yield Entry(request.state_changed_at, state.value, person, words, request.outcome)
