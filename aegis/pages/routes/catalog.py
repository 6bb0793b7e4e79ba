"""The addresses of the catalog."""

from django.urls import path

from aegis.pages.views import catalog

routes = [
    path("", catalog.show, name="catalog"),
    path("search/", catalog.suggest, name="suggestions"),
]
