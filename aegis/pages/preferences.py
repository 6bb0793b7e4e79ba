"""What a browser remembers about looks and keys: two cookies, so that no page flashes.

Scripts may write them, since they only choose colours and keys. A page that saves
them without a script calls ``keep``.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

THEME = "aegis_theme"
SHORTCUTS = "aegis_shortcuts"
CHOICES = {THEME: ("system", "light", "dark"), SHORTCUTS: ("off", "on")}
A_YEAR = 365 * 24 * 3600


def chosen(request: HttpRequest, name: str) -> str:
    """Return what the cookie ``name`` says; the first choice where it says nothing that we know."""
    value = request.COOKIES.get(name, "")
    return value if value in CHOICES[name] else CHOICES[name][0]


def keep(response: HttpResponse, name: str, value: str) -> None:
    """Remember a choice for a year; what is no choice is not kept."""
    if value in CHOICES[name]:
        response.set_cookie(
            name, value, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
