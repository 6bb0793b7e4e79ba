"""Which open requests wait for one person's decision: the inbox and its count, as one question."""

from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from aegis.accounts.models import User
from approvals.governing import latest
from approvals.models import Decision, GateResult, PolicyRevision, PromotionRequest
from approvals.states import RequestState
from registry.makers import accounts_of
from registry.models import CardRevision, Evidence, RegisteredModel
from registry.permissions import REVIEW, codename

Membership: Final = User.groups.through


def never_decides(user: User) -> bool:
    """Say whether no request can need ``user``, whatever it is about."""
    return user.is_service or not user.is_active or user.is_auditor


def needing(user: User) -> QuerySet[PromotionRequest]:
    """Return the open requests that ``user`` can decide, whose gates pass and that nobody stops.

    Without those where what ``user`` could add is there already.
    """
    if never_decides(user):
        return PromotionRequest.objects.none()
    models = RegisteredModel.objects.granted_to(user, codename(REVIEW)).visible_to(user)
    accounts = accounts_of(user).values("pk")
    of_version = Q(version=OuterRef("version"))
    requests: QuerySet[PromotionRequest] = PromotionRequest.objects.filter(
        ~Q(requested_by__in=accounts),
        ~Q(version__created_by__in=accounts),
        ~Q(version__derivation__parent__created_by__in=accounts),
        ~Exists(CardRevision.objects.filter(of_version, published_by__in=accounts)),
        ~Exists(Evidence.objects.filter(of_version, attached_by__in=accounts)),
        ~Exists(_present().filter(decided_by__in=accounts)),
        ~Exists(_present().exclude(verdict=Decision.Verdict.APPROVE)),
        ~Exists(_failing()),
        Exists(_unmet(user)),
        state=RequestState.OPEN,
        version__registered_model__in=models,
    )
    return requests


def _present() -> QuerySet[Decision]:
    """Return the decisions of the outer request that count for its present subject."""
    decisions: QuerySet[Decision] = Decision.objects.filter(
        request=OuterRef("pk"),
        subject_revision=OuterRef("version__subject_revision"),
        dismissal=None,
    )
    return decisions


def _failing() -> QuerySet[GateResult]:
    """Return the blocking gates of the outer request that did not pass when last checked."""
    later = GateResult.objects.filter(
        request=OuterRef("request"),
        policy_revision=OuterRef("policy_revision"),
        gate=OuterRef("gate"),
        pk__gt=OuterRef("pk"),
    )
    results: QuerySet[GateResult] = GateResult.objects.filter(
        ~Exists(later),
        request=OuterRef("pk"),
        is_blocking=True,
        outcome__in=[GateResult.Outcome.FAIL, GateResult.Outcome.ERROR],
    )
    return results


def _unmet(user: User) -> QuerySet[PolicyRevision]:
    """Return the policies of the outer request to which an approval of ``user`` would add."""
    mine = ArraySubquery(Membership.objects.filter(user=user.pk).values("group"))
    policies: QuerySet[PolicyRevision] = latest().filter(
        Q(groups=[]) | Q(groups__overlap=mine),
        Q(team=None) | Q(team=OuterRef("version__registered_model__team")),
        in_force=True,
        target=OuterRef("target"),
        risk_tiers__contains=[OuterRef("version__registered_model__risk_tier")],
        approvals_required__gt=Coalesce(_given(), 0),
    )
    return policies


def _given() -> Subquery:
    """Return how many people approved the request outside, as the policy around it counts."""
    members = Membership.objects.annotate(wanted=_groups(OuterRef(OuterRef("groups")))).filter(
        wanted__contains=[F("group_id")],  # type: ignore[misc]  # The stubs know values only.
        user=OuterRef("decided_by"),
    )
    approvals = Decision.objects.annotate(wanted=_groups(OuterRef("groups"))).filter(
        Q(wanted=[]) | Exists(members),
        request=OuterRef(OuterRef("pk")),
        subject_revision=OuterRef(OuterRef("version__subject_revision")),
        verdict=Decision.Verdict.APPROVE,
        dismissal=None,
        decided_by__is_active=True,
    )
    person = Coalesce("decided_by__same_person_as", "decided_by")
    counted = approvals.order_by().values("request").annotate(people=Count(person, distinct=True))
    return Subquery(counted.values("people"))


def _groups(expression: Combinable) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(expression, output_field=ArrayField(IntegerField()))
