"""What takes a person who is there: a session, and a recent proof of who sits at it."""

from datetime import datetime

from django.urls import reverse
from rest_framework.request import Request

from aegis.accounts import recent
from aegis.api.authentication import require_session, underlying
from aegis.problems import Forbidden


def require_recent(request: Request) -> datetime:
    """Return when the person last proved who they are, within the last 15 minutes.

    Raises ``human_session_required`` for a token, ``reauthentication_required`` otherwise.
    """
    require_session(request)
    moment = recent.authenticated_at(underlying(request))
    if moment is None or not recent.is_recent(underlying(request)):
        minutes = int(recent.RECENT.total_seconds() // 60)
        raise Forbidden(
            "reauthentication_required",
            f"This takes a sign-in of the last {minutes} minutes.",
            mend="Give your password again, then repeat it.",
            url=reverse("account_reauthenticate"),
        )
    return moment
