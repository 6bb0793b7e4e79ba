"""Every route of the site, read from its URL resolver."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

LEFT_OUT = {
    # Django's own administration has its own permissions and its own tests.
    "admin/": "tests/aegis/test_admin.py",
    # Addresses below /api/ that nothing else answers are 404 to everybody.
    "api/": "tests/aegis/api/test_refusals.py",
}


def routes() -> list[str]:
    """Return the route of every view, as its patterns spell it."""
    found = dict.fromkeys(_walk(get_resolver().url_patterns, ""))
    return [route for route in found if route not in LEFT_OUT and not route.startswith("admin/")]


def _walk(patterns: list[URLPattern | URLResolver], above: str) -> Iterator[str]:
    for pattern in patterns:
        route = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route
