"""Show a refusal of the domain as a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from aegis.pages.kept import kept_text
from aegis.problems import Refusal


class RenderRefusals:
    """Answer a refusal that a view let through with its sentence and its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; only an exception concerns this middleware."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render the page of the refusal's status; anything but a refusal goes on as it was."""
        if not isinstance(exception, Refusal):
            return None
        pages = [f"{exception.status}.html", "409.html"]
        return render(
            request,
            pages,
            {"refusal": exception, "kept": kept_text(request)},
            status=exception.status,
        )
