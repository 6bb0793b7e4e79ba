"""Headers of answers that are for one person's eyes."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POWERS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class PrivateByDefault:
    """Keep answers out of shared caches, and pages out of every cache.

    An answer that sets Cache-Control itself keeps what it says. An API client may keep
    a copy if it asks each time whether it still holds, which ETags are for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what the view left unsaid."""
        response = self.get_response(request)
        is_api = request.path_info.startswith("/api/")
        response.headers.setdefault(
            "Cache-Control", "private, no-cache" if is_api else "private, no-store"
        )
        response.headers.setdefault("Permissions-Policy", POWERS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
