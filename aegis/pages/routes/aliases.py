"""The addresses at which aliases are set and removed."""

from django.urls import path

from aegis.pages.views import aliases

routes = [
    path("models/<str:name>/aliases/", aliases.set_one, name="alias-set"),
    path("models/<str:name>/aliases/<str:alias>/delete/", aliases.remove, name="alias-delete"),
]
