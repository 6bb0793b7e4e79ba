"""The addresses of registered models."""

from django.urls import path

from aegis.pages.views import models

routes = [
    path("models/new/", models.register, name="model-register"),
    path("models/<str:name>/", models.show, name="model"),
    path("models/<str:name>/versions/", models.versions, name="model-versions"),
    path("models/<str:name>/settings/", models.edit, name="model-edit"),
]
