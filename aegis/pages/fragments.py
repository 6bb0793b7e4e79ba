"""Which answers htmx swaps into a page that stands already."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def is_fragment(request: HttpRequest) -> bool:
    """Say whether htmx wants a part of the page; when it restores its history it wants all."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # Its middleware sets it.
    return bool(htmx) and not htmx.history_restore_request
