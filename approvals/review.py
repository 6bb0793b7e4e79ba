"""Everything that the review page of a request shows, loaded in few queries."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aegis.accounts.models import User
from approvals.available import Action, available
from approvals.comparison import Comparison, compare
from approvals.gates import GateOutcome
from approvals.gates.facts import load_meanings
from approvals.governing import Requirement, requirements
from approvals.involvement import Involvement, involvement
from approvals.judgements import Judgement, judgements
from approvals.models import Decision, PolicyRevision, PromotionRequest
from approvals.people_query import load_people
from approvals.quorum import Tally, is_of_groups, objections, tallies
from approvals.records import CardRecord, EvidenceRecord, VersionRecord
from approvals.request_query import RequestRecord, load_request
from approvals.review_parts import (
    accounts_around,
    gates_of,
    is_current,
    limits_in,
    policies_of,
    standing_of,
    versions_of,
)
from approvals.reviewers import ReviewerRow, reviewer_rows
from approvals.standing import Standing
from approvals.subject import Subject, parts_of
from approvals.subject_changes import SubjectChange, changes_between
from approvals.timeline import Entry, timeline


@dataclass(frozen=True, slots=True)
class SinceYouLooked:
    """What is new since this person decided last. ``counts`` says whether that decision does."""

    verdict: str
    at: datetime
    counts: bool
    changes: tuple[SubjectChange, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What became of the version's contents since the request; its files never change."""

    cards: tuple[CardRecord, ...]
    evidence: tuple[EvidenceRecord, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A request as one person reviews it.

    ``baseline`` is the version that it replaces, None if the stage is empty. ``gates`` are
    checked now while the request is under way, and as they were kept afterwards.
    ``subject`` is what decisions are bound to; ``is_subject_current`` is False for the moment
    until a change has been noticed, in which nothing can be decided.
    """

    request: PromotionRequest
    record: RequestRecord
    version: VersionRecord
    baseline: VersionRecord | None
    policies: tuple[PolicyRevision, ...]
    requirements: tuple[Requirement, ...]
    comparison: Comparison
    gates: tuple[GateOutcome, ...]
    judgements: tuple[Judgement, ...]
    involvement: Involvement
    contents: Contents
    standing: Standing
    tallies: tuple[Tally, ...]
    objections: tuple[Decision, ...]
    reviewers: tuple[ReviewerRow, ...]
    timeline: tuple[Entry, ...]
    since_you_looked: SinceYouLooked | None
    subject: Subject
    is_subject_current: bool
    actions: tuple[Action, ...]
    would_complete: bool

    @property
    def target(self) -> str:
        """Return the stage that is asked for."""
        return self.request.target

    @property
    def headline(self) -> Tally | None:
        """Return the approvals of the policy that misses most, which a page shows first."""
        return max(self.tallies, key=lambda tally: (tally.missing, tally.required), default=None)

    def action(self, name: str) -> Action | None:
        """Return what this person may do under ``name``, with the refusal if they may not."""
        return next((action for action in self.actions if action.name == name), None)


def load_review(number: int, *, user: User) -> Review:
    """Return the request ``number`` as ``user`` sees it, or raise ``NotFound``."""
    record = load_request(number, user=user)
    request = record.request
    model = request.version.registered_model
    policies = policies_of(record)
    version, baseline = versions_of(request)
    people = load_people(model, policies, accounts_around(record, version, user))
    meanings = load_meanings()
    standing = standing_of(record, version, people, policies)
    outcomes = gates_of(record, version, policies, meanings)
    comparison = compare(version, baseline, meanings, limits_in(policies))
    involved = involvement(version, people, asked=request.requested_by_id)
    counted = tuple(tallies(standing))
    against = tuple(objections(standing))
    entries = tuple(timeline(record, version, people))
    viewer = people[user.pk]
    return Review(
        request=request,
        record=record,
        version=version,
        baseline=baseline,
        policies=policies,
        requirements=tuple(requirements(policies)),
        comparison=comparison,
        gates=tuple(outcomes),
        judgements=tuple(judgements(outcomes, comparison.metrics, involved, version)),
        involvement=involved,
        contents=_contents(version, since=request.requested_at),
        standing=standing,
        tallies=counted,
        objections=against,
        reviewers=tuple(reviewer_rows(standing, people, record.decisions)),
        timeline=entries,
        since_you_looked=_since(record, standing, viewer, entries),
        subject=_subject(record),
        is_subject_current=is_current(record, version, baseline, policies),
        actions=tuple(
            available(request, viewer, standing=standing, held=record.held, outcomes=outcomes)
        ),
        would_complete=not against and _would_complete(counted, viewer),
    )


def _contents(version: VersionRecord, *, since: datetime) -> Contents:
    return Contents(
        cards=tuple(card for card in version.cards if card.published_at > since),
        evidence=tuple(piece for piece in version.evidence if piece.attached_at > since),
    )


def _since(
    record: RequestRecord, standing: Standing, viewer: User, entries: tuple[Entry, ...]
) -> SinceYouLooked | None:
    """Say what is new for somebody who decided before; None where nothing is, or they did not."""
    mine = [decision for decision in record.decisions if decision.decided_by == viewer.pk]
    if not mine:
        return None
    last = mine[-1]
    changes = (
        changes_between(json.loads(record.seen), json.loads(record.body)) if record.seen else []
    )
    further = [
        entry
        for entry in entries
        if entry.at > last.decided_at and entry.person != viewer and entry.kind != "dismissed"
    ]
    if not changes and not further:
        return None
    return SinceYouLooked(
        verdict=last.verdict,
        at=last.decided_at,
        counts=standing.decision_of(viewer) is not None,
        changes=tuple(changes),
        entries=tuple(further),
    )


def _subject(record: RequestRecord) -> Subject:
    content: dict[str, Any] = json.loads(record.body)
    digest = record.subject.digest if record.subject else ""
    return Subject(record.body, digest, parts_of(content))


def _would_complete(review_tallies: tuple[Tally, ...], viewer: User) -> bool:
    """Say whether one more approval, by ``viewer``, is all that is missing."""
    return bool(review_tallies) and all(
        tally.missing <= is_of_groups(viewer, tally.policy) for tally in review_tallies
    )
