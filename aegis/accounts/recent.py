"""When the person at the browser last proved who they are."""

from datetime import UTC, datetime, timedelta
from typing import Final

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest
from django.utils import timezone

from aegis.accounts.models import User
from aegis.problems import Forbidden, Refusal

RECENT: Final = timedelta(minutes=15)
_CLOCKS: Final = timedelta(minutes=1)
"""How far the clocks of two machines may differ."""


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


def why_not_present(moment: datetime | None, *, act: str = "a decision") -> Refusal | None:
    """Refuse ``act`` without a person who proved a moment ago who they are."""
    if moment is None:
        return Forbidden(
            "human_session_required",
            f"A token is not enough: {act} takes a person who is signed in.",
            mend="Sign in with a browser and do it there.",
        )
    if -_CLOCKS <= timezone.now() - moment <= RECENT:
        return None
    minutes = int(RECENT.total_seconds() // 60)
    return Forbidden(
        "reauthentication_required",
        f"{act[0].upper()}{act[1:]} takes a sign-in of the last {minutes} minutes.",
        mend="Give your password again; what you wrote is kept.",
    )
