"""The inbox: what needs me, what waits for its author, what waits for others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, JSONObject

from aegis.accounts.models import User
from aegis.database.prepared import PreparedQuery
from approvals.gates import GateOutcome, blocking, folded, from_result
from approvals.governing import concerns, policies_in_force, team_names_of
from approvals.json_rows import record_of, rows_as_json
from approvals.models import Decision, GateResult, PolicyRevision, PromotionRequest
from approvals.needing import Membership, needing, never_decides
from approvals.request_query import ResultRecord
from approvals.states import UNDER_WAY, RequestState
from registry.redaction_lists import redactions_for
from registry.waiver_lists import waivers_for

SHOWN: Final = 200
"""The most requests that a page of the inbox lists."""

_SOMEBODY: Final = UUID(int=1)
_SOME_PERSON: Final = UUID(int=2)
_SAID: Final = {
    "approve": "You approved",
    "request_changes": "You asked for changes",
    "reject": "You rejected it",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision that counts, with its person's key and the groups of whoever made it."""

    verdict: str
    person: str
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A request as a list shows it.

    ``given`` of ``required`` approvals, for the policy that misses most, whose ``teams``
    may give them; of an ended request ``required`` is 0. ``note`` says what this person
    did, or why nobody can approve yet. ``is_objected``: a reviewer wants changes.
    """

    request: PromotionRequest
    gates: tuple[GateOutcome, ...]
    given: int
    required: int
    teams: tuple[str, ...]
    note: str
    needs_me: bool
    is_objected: bool

    @property
    def waits_for_author(self) -> bool:
        """Say whether a gate fails or a reviewer wants changes."""
        is_open = self.request.state == RequestState.OPEN
        return is_open and (self.is_objected or bool(blocking(self.gates)))


@dataclass(frozen=True, slots=True)
class Inbox:
    """The requests under way in their sections, highest risk first, then by due date.

    ``is_cut``: there are more of them than a page lists; what needs the person comes first.
    """

    needs_me: tuple[InboxRow, ...]
    waits_for_author: tuple[InboxRow, ...]
    waits_for_others: tuple[InboxRow, ...]
    is_cut: bool


def count_for(user: User) -> int:
    """Return how many requests, waivers and redactions need ``user``, in one query."""
    if never_decides(user):
        return 0
    person = user.same_person_as_id or user.pk
    return len(_counted().rows({_SOMEBODY: user.pk, _SOME_PERSON: person}))


def inbox(user: User, *, most: int = SHOWN) -> Inbox:
    """Return the requests under way that ``user`` may see, ``most`` of them at most."""
    under_way = _query(user).filter(state__in=UNDER_WAY)
    found = list(_rows(under_way, user, most=most + 1))
    is_cut = len(found) > most
    del found[most:]
    rest = [row for row in found if not row.needs_me]
    return Inbox(
        needs_me=tuple(row for row in found if row.needs_me),
        waits_for_author=tuple(row for row in rest if row.waits_for_author),
        waits_for_others=tuple(row for row in rest if not row.waits_for_author),
        is_cut=is_cut,
    )


def requested_by(user: User) -> tuple[InboxRow, ...]:
    """Return what ``user`` asked for that is under way."""
    mine = _query(user).filter(requested_by=user, state__in=UNDER_WAY)
    return tuple(_rows(mine, user))


def decided(user: User) -> tuple[InboxRow, ...]:
    """Return the requests that have ended and that ``user`` may see, the latest first."""
    ended = _query(user).exclude(state__in=UNDER_WAY).order_by("-state_changed_at")
    return tuple(_rows(ended, user))


@cache
def _counted() -> PreparedQuery:
    """Return the query that every page asks for its navigation, of somebody who decides."""
    user = User(pk=_SOMEBODY, same_person_as_id=_SOME_PERSON)
    user.keep_group_names([])
    found = (needing(user), waivers_for(user), redactions_for(user))
    requests, *proposals = (rows.order_by().values_list("pk") for rows in found)
    return PreparedQuery.of(requests.union(*proposals, all=True))


def _query(user: User) -> QuerySet[PromotionRequest]:
    results = GateResult.objects.filter(request=OuterRef("pk"))
    latest = results.order_by("policy_revision_id", "gate", "-id").distinct(
        "policy_revision_id", "gate"
    )
    present = Q(subject_revision=OuterRef("version__subject_revision"))
    decisions = Decision.objects.filter(
        present | ~Q(request__state__in=UNDER_WAY),
        request=OuterRef("pk"),
        dismissal=None,
        decided_by__is_active=True,
    )
    requests: QuerySet[PromotionRequest] = (
        PromotionRequest.objects.visible_to(user)
        .select_related("version__registered_model__team", "requested_by", "replaces")
        .annotate(
            needs_me=Exists(needing(user).filter(pk=OuterRef("pk"))),
            result_rows=rows_as_json(latest, ResultRecord, policy_revision="policy_revision_id"),
            verdict_rows=_verdicts(decisions),
        )
        .order_by(
            "-needs_me",
            "version__registered_model__risk_tier",
            F("due_at").asc(nulls_last=True),
            "requested_at",
        )
    )
    return requests


def _verdicts(decisions: QuerySet[Decision]) -> ArraySubquery:
    groups = Membership.objects.filter(user=OuterRef("decided_by")).values("group")
    said = JSONObject(
        verdict=F("verdict"),
        person=Coalesce("decided_by__same_person_as", "decided_by"),
        groups=ArraySubquery(groups),
    )
    return ArraySubquery(decisions.order_by("decided_at").values(json=said))


def _rows(
    requests: QuerySet[PromotionRequest], user: User, *, most: int = SHOWN
) -> Iterator[InboxRow]:
    policies = policies_in_force()
    for request in requests[:most]:
        yield _row(request, policies, user)


def _row(request: PromotionRequest, policies: Iterable[PolicyRevision], user: User) -> InboxRow:
    found: Any = request
    model = request.version.registered_model
    verdicts = [record_of(Verdict, row, groups=tuple(row["groups"])) for row in found.verdict_rows]
    gates = tuple(folded(from_result(record_of(ResultRecord, row)) for row in found.result_rows))
    governing = [one for one in policies if concerns(one, model, request.target)]
    tallies = [(_given(verdicts, one), one) for one in governing if request.is_under_way]
    given, policy = max(
        tallies,
        key=lambda tally: tally[1].approvals_required - tally[0],
        default=(_given(verdicts, None), None),
    )
    return InboxRow(
        request=request,
        gates=gates,
        given=given,
        required=policy.approvals_required if policy else 0,
        teams=team_names_of(policy) if policy else (),
        note=_note(verdicts, gates, user),
        needs_me=found.needs_me,
        is_objected=any(verdict.verdict != "approve" for verdict in verdicts),
    )


def _given(verdicts: Iterable[Verdict], policy: PolicyRevision | None) -> int:
    """Return how many people approved whose approval counts for ``policy``, if one is given."""
    groups = set(policy.groups) if policy else set()
    return len(
        {
            verdict.person
            for verdict in verdicts
            if verdict.verdict == "approve"
            and (not groups or not groups.isdisjoint(verdict.groups))
        }
    )


def _note(verdicts: Iterable[Verdict], gates: Iterable[GateOutcome], user: User) -> str:
    person = str(user.same_person_as_id or user.pk)
    for verdict in verdicts:
        if verdict.person == person:
            return _SAID[verdict.verdict]
    return "Nobody can approve yet" if blocking(gates) else ""
