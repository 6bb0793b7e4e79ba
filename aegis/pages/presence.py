"""The person at the browser shows, in the middle of a page, that it is still they who sit there."""

from typing import Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from django.http import HttpRequest

from aegis.problems import Forbidden, Refusal

ASKED: Final = "reauthentication_required"


def prove(request: HttpRequest, password: str) -> Refusal | None:
    """Remember that the person gave their password just now, or say why that did not do.

    Guessing is limited as on the page of allauth, and counted together with it.
    """
    if not password:
        return Forbidden(
            ASKED, "Your last sign-in is more than 15 minutes ago.", mend="Give your password."
        )
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        return Refusal(
            "too_many_attempts",
            "Too many attempts.",
            status=429,
            mend="Wait a minute and try again; what you wrote is kept.",
        )
    if not get_adapter(request).reauthenticate(request.user, password):
        return Forbidden("password_wrong", "That is not your password.")
    reauthenticate_by_password(request)
    return None
