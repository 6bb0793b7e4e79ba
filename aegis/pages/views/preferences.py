"""How the pages look and which keys work, kept for browsers without the script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from aegis.pages import preferences

FIELDS = {"theme": preferences.THEME, "shortcuts": preferences.SHORTCUTS}


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Remember theme and shortcuts, and go back to where the person was."""
    wanted = request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    answer = redirect(wanted if is_here else "pages:account")
    for field, cookie in FIELDS.items():
        if field in request.POST:
            preferences.keep(answer, cookie, request.POST.getlist(field)[-1])
    return answer
