"""Asking for the conversion of a version."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from aegis import strict_json
from aegis.pages.finding import find_version
from aegis.pages.signed_in import person
from imports.converting.asking import LONGEST_INPUT, ask_conversion


@require_POST
def convert(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for it, and show how far it is."""
    version = find_version(person(request), name, number)
    given = request.POST.get("input", "").strip()
    example = strict_json.loads(given.encode(), limit=LONGEST_INPUT) if given else None
    job = ask_conversion(
        version, actor=person(request), to=request.POST.get("to", ""), example=example
    )
    return redirect("pages:import", job.number)
