"""The addresses of facts and metrics that are recorded later."""

from django.urls import path

from aegis.pages.views import facts

_VERSION = "models/<str:name>/versions/<int:number>/"

routes = [
    path(f"{_VERSION}facts/", facts.record_one, name="fact-add"),
    path(f"{_VERSION}metrics/", facts.state_metric, name="metric-add"),
]
