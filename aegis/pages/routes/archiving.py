"""Taking a version out of use."""

from django.urls import path

from aegis.pages.views import archiving

routes = [
    path("models/<str:name>/versions/<str:ref>/archive/", archiving.show, name="version-archive"),
]
