"""The addresses of the pages: a list for each subject, and all of them for people who signed in."""

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern

from aegis.pages.routes import (
    access,
    account,
    aliases,
    archiving,
    audit,
    cards,
    catalog,
    compare,
    evidence,
    facts,
    imports,
    keys,
    models,
    recalling,
    redactions,
    requests,
    reviews,
    rollback,
    versions,
)

app_name = "pages"

SUBJECTS = (
    catalog,
    models,
    versions,
    compare,
    cards,
    evidence,
    facts,
    aliases,
    imports,
    requests,
    reviews,
    rollback,
    archiving,
    recalling,
    redactions,
    access,
    audit,
    keys,
    account,
)


def _for_people(route: URLPattern) -> URLPattern:
    """Let only people who signed in come to a page, whatever its view says."""
    route.callback = login_required(route.callback)
    return route


urlpatterns = [_for_people(route) for subject in SUBJECTS for route in subject.routes]
