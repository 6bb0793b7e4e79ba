"""Which waivers wait for somebody."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from aegis.accounts.models import User
from registry.makers import person_of
from registry.models import RegisteredModel, ScanWaiver
from registry.permissions import MAINTAIN, REVIEW, codename


def waivers_for(user: User) -> list[ScanWaiver]:
    """Return the proposed waivers that ``user`` can answer as the second person, oldest first."""
    if user.is_service:
        return []
    staffed = _models(user, REVIEW) | _models(user, MAINTAIN)
    waiting = (
        ScanWaiver.objects.visible_to(user)
        .filter(answers=None, expires_at__gt=timezone.now())
        .filter(staffed)
        .select_related("proposed_by", "version__created_by", "version__registered_model")
        .order_by("proposed_at")
    )
    person = person_of(user)
    return [
        waiver
        for waiver in waiting
        if person not in {person_of(waiver.proposed_by), person_of(waiver.version.created_by)}
    ]


def _models(user: User, short: str) -> Q:
    granted: QuerySet[RegisteredModel] = RegisteredModel.objects.granted_to(user, codename(short))
    return Q(version__registered_model__in=granted)
