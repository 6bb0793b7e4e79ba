"""Which redactions wait for somebody."""

from django.db.models import Q, QuerySet

from aegis.accounts.models import User
from registry.makers import person_of
from registry.models import Redaction, RegisteredModel
from registry.permissions import MAINTAIN, REVIEW, codename
from registry.redaction import waiting_redactions


def redactions_for(user: User) -> list[Redaction]:
    """Return the proposals that ``user`` can decide about as the second person, oldest first."""
    if user.is_service:
        return []
    seen = RegisteredModel.objects.visible_to(user).values("pk")
    waiting = (
        waiting_redactions()
        .filter(_of_models(user, REVIEW) | _of_models(user, MAINTAIN))
        .filter(version__registered_model__in=seen)
        .order_by("proposed_at")
    )
    person = person_of(user)
    return [one for one in waiting if person_of(one.proposed_by) != person]


def _of_models(user: User, short: str) -> Q:
    granted: QuerySet[RegisteredModel] = RegisteredModel.objects.granted_to(user, codename(short))
    return Q(version__registered_model__in=granted)
