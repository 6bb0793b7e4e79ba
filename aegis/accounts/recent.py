"""When the person at the browser last proved who they are."""

from datetime import UTC, datetime, timedelta
from typing import Final

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest
from django.utils import timezone

from aegis.accounts.models import User

RECENT: Final = timedelta(minutes=15)


def authenticated_at(request: HttpRequest) -> datetime | None:
    """Return when this session's user last gave a password or another proof.

    None without a session of that user: a token proves no presence.
    """
    user = request.user
    session = getattr(request, "session", None)
    if not isinstance(user, User) or user.is_service or session is None:
        return None
    if session.get("_auth_user_id") != str(user.pk):
        return None
    moments = [record["at"] for record in get_authentication_records(request, user)]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None


def is_recent(request: HttpRequest) -> bool:
    """Say whether that was within the last 15 minutes."""
    moment = authenticated_at(request)
    return moment is not None and timezone.now() - moment <= RECENT
