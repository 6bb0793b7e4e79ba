"""Comparing two versions of a model."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aegis.pages.compare_page import load_compare_page
from aegis.pages.finding import find_model
from aegis.pages.signed_in import person


@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show what differs between two versions."""
    model = find_model(person(request), name)
    page = load_compare_page(model, request.GET.get("a", ""), request.GET.get("b", ""))
    return render(request, "registry/compare.html", {"page": page, "model": model})
