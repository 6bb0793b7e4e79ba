"""Which redactions wait for somebody."""

from django.db.models import Q, QuerySet

from aegis.accounts.models import User
from registry.makers import accounts_of
from registry.models import Redaction, RegisteredModel
from registry.permissions import MAINTAIN, REVIEW, codename
from registry.redaction import waiting_redactions


def redactions_for(user: User) -> QuerySet[Redaction]:
    """Return the proposals that ``user`` can decide about as the second person."""
    if user.is_service:
        return Redaction.objects.none()
    seen = RegisteredModel.objects.visible_to(user).values("pk")
    return (
        waiting_redactions()
        .filter(_of_models(user, REVIEW) | _of_models(user, MAINTAIN))
        .filter(version__registered_model__in=seen)
        .exclude(proposed_by__in=accounts_of(user).values("pk"))
    )


def _of_models(user: User, short: str) -> Q:
    granted: QuerySet[RegisteredModel] = RegisteredModel.objects.granted_to(user, codename(short))
    return Q(version__registered_model__in=granted)
