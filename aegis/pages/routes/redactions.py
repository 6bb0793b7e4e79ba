"""The addresses of redactions."""

from django.urls import path

from aegis.pages.views import redactions

_VERSION = "models/<str:name>/versions/<int:number>/redactions/"

routes = [
    path(_VERSION, redactions.index, name="redactions"),
    path(f"{_VERSION}new/", redactions.propose, name="redaction-new"),
    path(f"{_VERSION}<uuid:key>/", redactions.show, name="redaction"),
]
