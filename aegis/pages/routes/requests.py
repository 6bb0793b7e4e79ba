"""Asking for a promotion."""

from django.urls import path

from aegis.pages.views import requests

routes = [
    path("models/<str:name>/versions/<str:ref>/promote/", requests.ask, name="request-new"),
]
