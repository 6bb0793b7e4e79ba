"""Having the run of a version read back, and how far that is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from aegis.pages.finding import find_version
from aegis.pages.reading_view import load_reading
from aegis.pages.signed_in import person
from aegis.problems import NotFound
from imports.reading_back import ask_for_reading


@require_safe
def show(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Answer the poll of a version's page: the last reading of its run."""
    version = find_version(person(request), name, number)
    reading = load_reading(version)
    if reading is None:
        raise NotFound("no_run_to_read", f"v{version.number} comes from no run.")
    context = {"reading": reading, "version": version}
    return render(request, "registry/_run_reading.html", context)


@require_POST
def ask(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for another reading, and lead back to where it will stand."""
    version = find_version(person(request), name, number)
    ask_for_reading(version, actor=person(request))
    messages.success(request, "The run is read as soon as a worker is free.")
    page = reverse("pages:version", args=[version.registered_model.name, version.number])
    return redirect(f"{page}#source")
