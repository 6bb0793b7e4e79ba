"""Having the stored package of a version verified now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from aegis.pages.finding import find_version
from aegis.pages.signed_in import person
from registry.reverification import ask_for_verification


@require_POST
def verify(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for it, and lead back to the version, where the answer will stand."""
    user = person(request)
    version = find_version(user, name, number)
    ask_for_verification(version, actor=user)
    messages.success(request, "The stored package is verified as soon as a worker is free.")
    return redirect("pages:version", version.registered_model.name, version.number)
