"""Taking a version back, and who was given it."""

from django.urls import path

from aegis.pages.views import recalling

_MODEL = "models/<str:name>/versions"

routes = [
    path(f"{_MODEL}/<str:ref>/recall/", recalling.show, name="version-recall"),
    path(f"{_MODEL}/<int:number>/downloads/", recalling.downloads, name="version-downloads"),
]
