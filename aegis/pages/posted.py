"""What a form is bound to."""

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, be it nothing; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None
