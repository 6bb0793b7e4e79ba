"""What follows from events: requests are brought up to date, and people are told.

Handlers may be called twice: refreshing changes nothing the second time, and a person is
told of one event once.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from aegis.accounts.models import User
from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from approvals import standing as standings
from approvals.deciders import deciders
from approvals.models import Comment, Decision, PromotionRequest, StageTransition
from approvals.refreshing import refresh_requests_of
from approvals.states import TransitionKind
from registry.compromises import signed_versions
from registry.downloads import people_who_fetched
from registry.models import ModelVersion, RegisteredModel
from registry.permissions import MAINTAIN, REVIEW, VIEW, people_who_may

REVIEW_PATH: Final = "/reviews/{}/"
VERSION_PATH: Final = "/models/{}/versions/{}/"

_OUTCOMES: Final = {
    "request:approved": "{} is approved",
    "request:reopened": "{} is open again",
    "request:delayed": "{} waits for the signer",
    "request:rejected": "{} was rejected",
    "request:withdrawn": "{} was withdrawn",
    "request:stale": "{} was overtaken",
    "request:expired": "{} came too late",
    "request:failed": "{} could not be carried out",
    "request:promoted": "{} is done",
}


@handles(
    "card:published",
    "evidence:attached",
    "evidence:attested",
    "tag:claimed",
    "fact:recorded",
    "metric:stated",
    "model:edited",
    "version:signed_again",
    "version:compared",
    "version:recalled",
    "version:scanned",
    "version:quarantined",
    "version:quarantine_lifted",
    "waiver:approved",
    "waiver:revoked",
)
def bring_requests_up_to_date(event: OutboxEvent) -> None:
    """Let requests about the model follow what changed."""
    refresh_requests_of(UUID(event.payload["model"]))


@handles("signing_key:compromised")
def bring_requests_of_the_affected_up_to_date(event: OutboxEvent) -> None:
    """Let open requests about what a compromised key signed show that the gate fails now."""
    affected = signed_versions(event.payload["data"]["hints"])
    for model in sorted(set(affected.values_list("registered_model", flat=True))):
        refresh_requests_of(model)


@handles("request:opened")
def tell_deciders(event: OutboxEvent) -> None:
    """Tell those who can decide that somebody asks."""
    request = _request(event)
    _tell(
        deciders(standings.load(request)),
        event,
        request.version.registered_model,
        f"{request.requested_by} asks for {_name(request)}",
        request.reason,
        REVIEW_PATH.format(request.number),
    )


@handles("decision:made", "decision:withdrawn")
def tell_requester(event: OutboxEvent) -> None:
    """Tell whoever asked what a reviewer said."""
    decision = Decision.objects.select_related("decided_by").get(pk=_key(event))
    request = _requests().get(pk=decision.request_id)
    taken_back = event.kind == "decision:withdrawn"
    said = "took back" if taken_back else "decided"
    _tell(
        [request.requested_by],
        event,
        request.version.registered_model,
        f"{decision.decided_by} {said}: {decision.get_verdict_display().lower()}, {_name(request)}",
        "" if taken_back else decision.comment,
        REVIEW_PATH.format(request.number),
    )


@handles("decision:dismissed")
def tell_whose_decision_was_dismissed(event: OutboxEvent) -> None:
    """Ask whoever decided to look again at what changed."""
    decision = Decision.objects.select_related("decided_by").get(pk=_key(event))
    request = _requests().get(pk=decision.request_id)
    _tell(
        [decision.decided_by],
        event,
        request.version.registered_model,
        f"Your decision does not count any more: {_name(request)}",
        "What you decided about has changed. Look at what is new and decide again.",
        REVIEW_PATH.format(request.number),
    )


@handles("comment:written")
def tell_discussion(event: OutboxEvent) -> None:
    """Tell whoever asked, decided or wrote before."""
    comment = Comment.objects.select_related("written_by").get(pk=_key(event))
    request = _requests().get(pk=comment.request_id)
    _tell(
        _involved(request),
        event,
        request.version.registered_model,
        f"{comment.written_by} commented: {_name(request)}",
        comment.body,
        REVIEW_PATH.format(request.number),
    )


@handles(*_OUTCOMES)
def tell_outcome(event: OutboxEvent) -> None:
    """Tell whoever asked, decided or wrote how the request goes on."""
    request = _request(event)
    _tell(
        _involved(request),
        event,
        request.version.registered_model,
        _OUTCOMES[event.kind].format(_name(request)),
        request.outcome,
        REVIEW_PATH.format(request.number),
    )


@handles("version:rolled_back")
def tell_reviewers(event: OutboxEvent) -> None:
    """Tell reviewers that somebody went back, and whoever asked for what left."""
    version = ModelVersion.objects.select_related("registered_model").get(pk=_key(event))
    rollback = StageTransition.objects.select_related("actor").get(
        pk=event.payload["data"]["transition"]
    )
    model: RegisteredModel = version.registered_model
    _tell(
        [*people_who_may(REVIEW, model), *_who_asked_for_what_left(rollback)],
        event,
        model,
        f"{rollback.actor} rolled {model.name} back to v{version.number}",
        rollback.reason,
        VERSION_PATH.format(model.name, version.number),
    )


@handles("version:recalled")
def tell_of_a_recall(event: OutboxEvent) -> None:
    """Tell whoever fetched the version, and those who answer for the model."""
    version = ModelVersion.objects.select_related("registered_model", "recall__recalled_by").get(
        pk=_key(event)
    )
    model, recalled = version.registered_model, version.recall
    path = VERSION_PATH.format(model.name, version.number)
    title = f"{model.name} v{version.number} was recalled"
    staff = [*people_who_may(REVIEW, model), *people_who_may(MAINTAIN, model)]
    _tell([*staff, *people_who_fetched(version)], event, model, title, recalled.reason, path)
    # Who fetched it may see the model no longer, and has its bytes all the same.
    body = "You fetched it. Do not use it any more."
    others = people_who_fetched(version).exclude(pk=event.payload["actor"])
    notify(others, event=event, kind=event.kind, title=title, body=body)


def _tell(people: Iterable[User], event: OutboxEvent, model: RegisteredModel, *words: str) -> None:
    """Tell each of ``people`` but the one who did it, and whoever may not see the model any more.

    ``words`` are the title, the body and the path of the page.
    """
    title, body, url = words
    keys = {person.pk for person in people if str(person.pk) != event.payload["actor"]}
    others = people_who_may(VIEW, model).filter(pk__in=keys)
    notify(others, event=event, kind=event.kind, title=title, body=body, url=url)


def _requests() -> QuerySet[PromotionRequest]:
    return PromotionRequest.objects.select_related(
        "requested_by", "version__registered_model", "version__created_by"
    )


def _request(event: OutboxEvent) -> PromotionRequest:
    request: PromotionRequest = _requests().get(pk=_key(event))
    return request


def _key(event: OutboxEvent) -> str:
    return str(event.payload["object"]["id"])


def _name(request: PromotionRequest) -> str:
    version = request.version
    return f"{version.registered_model.name} v{version.number} to {request.target}"


def _involved(request: PromotionRequest) -> list[User]:
    decided = Decision.objects.filter(request=request).values("decided_by")
    wrote = Comment.objects.filter(request=request).values("written_by")
    others = User.objects.filter(pk__in=decided) | User.objects.filter(pk__in=wrote)
    return [request.requested_by, *others]


def _who_asked_for_what_left(rollback: StageTransition) -> list[User]:
    left = rollback.consequences.values("version")
    promotions = StageTransition.objects.filter(
        version__in=left, kind=TransitionKind.PROMOTION
    ).select_related("request__requested_by")
    return [move.request.requested_by for move in promotions if move.request]
