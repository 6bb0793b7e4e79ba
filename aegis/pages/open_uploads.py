"""A person's uploads that no version has taken over: how much of each is here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce, Greatest

from aegis.accounts.models import User
from registry.models import Upload


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """An upload that takes files: ``received`` of ``size`` bytes of ``files`` files are here."""

    key: UUID
    created_at: datetime
    expires_at: datetime
    files: int
    received: int
    size: int


def load_open_uploads(user: User) -> list[OpenUpload]:
    """Return the open uploads of a person, the newest first."""
    known = Greatest(Coalesce(F("files__size"), 0), F("files__received"))
    rows = Upload.objects.filter(owner=user, state=Upload.State.OPEN).annotate(
        count=Count("files"), here=Sum("files__received", default=0), whole=Sum(known, default=0)
    )
    return [
        OpenUpload(row.pk, row.created_at, row.expires_at, row.count, row.here, row.whole)
        for row in rows.order_by("-created_at")
    ]
