"""The person who is signed in, as views and verbs want them."""

from typing import cast

from django.http import HttpRequest

from aegis.accounts.models import User


def person(request: HttpRequest) -> User:
    """Return who is signed in; every page's address demands that somebody is."""
    return cast("User", request.user)
