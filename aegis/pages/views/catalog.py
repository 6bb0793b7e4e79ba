"""The catalog, and what is suggested while somebody types."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from aegis.pages import catalog_page
from aegis.pages.fragments import is_fragment
from aegis.pages.signed_in import person
from aegis.pages.views import hub
from registry.models import ModelVersion
from registry.search import catalog

SUGGESTED = 6


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the registered models that match; htmx gets the results and the counts alone."""
    if request.GET.get("from") == ModelVersion.Source.HUGGINGFACE:
        return hub.show(request)
    asked = catalog_page.asked(request.GET)
    shown = catalog_page.CatalogPage(
        catalog(person(request), **asked), request.GET.get("cursor", "")
    )
    if not is_fragment(request):
        return render(request, "registry/catalog.html", {"shown": shown})
    answer = render(request, "registry/_catalog_changed.html", {"shown": shown})
    return push_url(answer, shown.address())


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Answer the list under the search field; nothing for no words."""
    words = request.GET.get("q", "").strip()
    page = (
        catalog(person(request), q=words, page_size=SUGGESTED, with_facets=False) if words else None
    )
    return render(request, "registry/_suggestions.html", {"page": page, "words": words})
