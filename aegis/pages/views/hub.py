"""What came from the Hugging Face Hub, and importing what it has anew."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from aegis.pages.finding import find_version
from aegis.pages.hub_page import load_hub_page
from aegis.pages.signed_in import person
from imports.asking_newer import ask_newer


def show(request: HttpRequest) -> HttpResponse:
    """Show the versions from the hub that this person may see."""
    page = load_hub_page(person(request), request.GET)
    return render(request, "registry/hub_catalog.html", {"shown": page})


@require_POST
def import_newer(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for the newer commit of what a version came from, and lead to that import."""
    user = person(request)
    job = ask_newer(find_version(user, name, number), actor=user)
    messages.success(request, f"Import {job.number} brings the newer commit in.")
    return redirect("pages:import", job.number)
