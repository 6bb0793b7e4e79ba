"""The addresses of the pages: a list for each subject, and all of them for people who signed in."""

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern

from aegis.pages.routes import (
    account,
    aliases,
    cards,
    catalog,
    evidence,
    facts,
    imports,
    models,
    requests,
    reviews,
    versions,
)

app_name = "pages"

SUBJECTS = (
    account,
    catalog,
    models,
    versions,
    cards,
    evidence,
    facts,
    aliases,
    imports,
    requests,
    reviews,
)


def _for_people(route: URLPattern) -> URLPattern:
    """Let only people who signed in come to a page, whatever its view says."""
    route.callback = login_required(route.callback)
    return route


urlpatterns = [_for_people(route) for subject in SUBJECTS for route in subject.routes]
