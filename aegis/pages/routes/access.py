"""Who may do what with a registered model."""

from django.urls import path

from aegis.pages.views import access

routes = [
    path("models/<str:name>/access/", access.show, name="model-share"),
    path("models/<str:name>/access/revoke/", access.revoke, name="model-unshare"),
]
