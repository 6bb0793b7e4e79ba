"""Which entries of the audit log somebody may read: the rule of seeing models, applied to it."""

from django.db.models import Q, QuerySet

from aegis.accounts.models import User
from aegis.audit.models import AuditEvent
from registry.models import RegisteredModel


def entries_visible_to(user: User) -> QuerySet[AuditEvent]:
    """Return what ``user`` may read, the latest first.

    Auditors read everything. Others read what is about models that they see, and of what is
    about no model their own deeds; administrators read all of that part.
    """
    entries: QuerySet[AuditEvent] = AuditEvent.objects.order_by("-seq")
    if user.is_auditor:
        return entries
    seen = Q(model_id__in=RegisteredModel.objects.visible_to(user).values("pk"))
    beside = Q(model_id=None)
    if not user.is_administrator:
        beside &= Q(actor=user)
    return entries.filter(seen | beside)
