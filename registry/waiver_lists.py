"""Which waivers wait for somebody."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from aegis.accounts.models import User
from registry.makers import accounts_of
from registry.models import RegisteredModel, ScanWaiver
from registry.permissions import MAINTAIN, REVIEW, codename


def waivers_for(user: User) -> QuerySet[ScanWaiver]:
    """Return the proposed waivers that ``user`` can answer as the second person."""
    if user.is_service:
        return ScanWaiver.objects.none()
    staffed = _models(user, REVIEW) | _models(user, MAINTAIN)
    accounts = accounts_of(user).values("pk")
    found: QuerySet[ScanWaiver] = (
        ScanWaiver.objects.visible_to(user)
        .filter(answers=None, expires_at__gt=Now())
        .filter(staffed)
        .exclude(proposed_by__in=accounts)
        .exclude(version__created_by__in=accounts)
        .select_related("proposed_by", "version__registered_model")
    )
    return found


def _models(user: User, short: str) -> Q:
    granted: QuerySet[RegisteredModel] = RegisteredModel.objects.granted_to(user, codename(short))
    return Q(version__registered_model__in=granted)
