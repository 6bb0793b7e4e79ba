"""The parts of a review that are read or remade from what was read."""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Q

from aegis.accounts.models import User
from approvals.gates import GateOutcome, folded, from_result, run
from approvals.gates.evaluation import limits_of
from approvals.gates.facts import MetricMeaning, gate_input
from approvals.governing import policies_for, read
from approvals.involvement import accounts_in, hands_in
from approvals.limits import Limit
from approvals.models import Decision, PolicyRevision, PromotionRequest
from approvals.people_query import People
from approvals.record_query import load_records
from approvals.records import VersionRecord
from approvals.request_query import RequestRecord
from approvals.standing import Standing
from approvals.subject import subject_of
from registry.models import RegisteredModel


def limits_in(policies: Iterable[PolicyRevision]) -> dict[str, Limit]:
    """Return the strictest limit of each metric that ``policies`` hold against reports."""
    limits: dict[str, Limit] = {}
    for policy in policies:
        for asked in policy.gates.all():
            if asked.gate != "evaluation":
                continue
            for name, limit in limits_of(asked.parameters).items():
                known = limits.get(name)
                if known is None or known.kind != limit.kind or known.left(limit.value) > 0:
                    limits[name] = limit
    return limits


def policies_of(record: RequestRecord) -> tuple[PolicyRevision, ...]:
    """Return what governs a request under way, or what governed one that ended."""
    request = record.request
    if request.is_under_way:
        return tuple(policies_for(request.version.registered_model, request.target))
    said = json.loads(record.body)["policies"] if record.body else []
    digests = [one["digest"] for one in said]
    return tuple(read(PolicyRevision.objects.filter(digest__in=digests)))


def versions_of(request: PromotionRequest) -> tuple[VersionRecord, VersionRecord | None]:
    """Return the version, and the one that it replaces or, afterwards, replaced."""
    wanted = Q(pk=request.version_id)
    if request.is_under_way:
        model = request.version.registered_model_id
        records = load_records(wanted | Q(registered_model=model, stage=request.target))
    else:
        records = load_records(wanted | Q(pk=request.replaces_id))
    version = records.pop(request.version_id)
    return version, next(iter(records.values()), None)


def accounts_around(record: RequestRecord, version: VersionRecord, user: User) -> set[UUID]:
    """Return the accounts of everybody whom the page names, and of its reader."""
    request = record.request
    keys = {request.requested_by_id, user.pk, *accounts_in(version)}
    keys |= {decision.decided_by for decision in record.decisions}
    keys |= {comment.written_by for comment in record.comments}
    return keys | ({request.closed_by_id} if request.closed_by_id else set())


def standing_of(
    record: RequestRecord,
    version: VersionRecord,
    people: People,
    policies: tuple[PolicyRevision, ...],
) -> Standing:
    """Make of loaded records what the guards of the verbs look at."""
    request = record.request
    model: RegisteredModel = request.version.registered_model
    decisions = [
        Decision(
            id=one.id,
            request=request,
            verdict=one.verdict,
            comment=one.comment,
            decided_by=people[one.decided_by],
            decided_at=one.decided_at,
            subject_digest=one.subject_digest,
            subject_revision=one.subject_revision,
        )
        for one in record.decisions
        if one.dismissal is None
    ]
    authors = {decision.decided_by_id for decision in decisions}
    return Standing(
        request=request,
        version=request.version,
        model=model,
        policies=policies,
        hands=hands_in(version, people, asked=request.requested_by_id),
        decisions=tuple(decisions),
        present_digest=record.subject.digest if record.subject else "",
        reviewers=people.reviewers & authors,
    )


def gates_of(
    record: RequestRecord,
    version: VersionRecord,
    policies: tuple[PolicyRevision, ...],
    meanings: Mapping[str, MetricMeaning],
) -> list[GateOutcome]:
    """Check the gates now, or return what they said while the request was under way."""
    if record.request.is_under_way:
        return folded(run(gate_input(version, meanings), policies))
    return folded(from_result(result) for result in record.results)


def is_current(
    record: RequestRecord,
    version: VersionRecord,
    baseline: VersionRecord | None,
    policies: tuple[PolicyRevision, ...],
) -> bool:
    """Say whether the kept subject of a request is still what there is."""
    if not record.request.is_under_way:
        return True
    target = record.request.target
    return subject_of(version, baseline, target, policies).body == record.body
