"""Every route of the site, read from its URL resolver."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

LEFT_OUT = {
    "admin/": "Django's administration has permissions of its own: tests/aegis/test_admin.py.",
    "account/login/": "Signing in and out is for everybody: tests/aegis/accounts/test_sign_in.py.",
    "account/logout/": "The same.",
    "account/inactive/": "The same.",
    "account/signup/": "The same.",
    "account/reauthenticate/": "The same.",
    "account/password/": "The same.",
    "healthz": "Machines ask it, without names: tests/aegis/test_health.py.",
    "readyz": "The same.",
    "metrics": "The same.",
}
"""The beginnings of the routes that are in no table, each with the reason."""

UNKNOWN = "api/"
"""The route of addresses below /api/ that nothing else answers: 404 to everybody."""


def routes() -> list[str]:
    """Return the route of every view that the tables are about, as its patterns spell it."""
    found = dict.fromkeys(_walk(get_resolver().url_patterns, ""))
    return [
        route for route in found if route != UNKNOWN and not route.lstrip("^").startswith(_LEFT_OUT)
    ]


_LEFT_OUT = tuple(LEFT_OUT)


def _walk(patterns: list[URLPattern | URLResolver], above: str) -> Iterator[str]:
    for pattern in patterns:
        route = above + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route
