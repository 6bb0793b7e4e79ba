"""The addresses of signing keys."""

from django.urls import path

from aegis.pages.views import keys

routes = [
    path("keys/", keys.index, name="keys"),
    path("keys/new/", keys.add, name="key-new"),
    path("keys/<str:name>/", keys.show, name="key"),
    path("keys/<str:name>/edit/", keys.edit, name="key-edit"),
    path("keys/<str:name>/versions/new/", keys.give_version, name="key-version-new"),
    path("keys/<str:name>/compromise/", keys.compromise, name="key-compromise"),
    path("keys/<str:name>/progress/", keys.progress, name="key-progress"),
    path("keys/<str:name>/v<str:version>.pem", keys.pem, name="key-pem"),
    path("keys/<str:name>/<slug:deed>/", keys.act, name="key-act"),
    path(
        "models/<str:name>/versions/<int:number>/sign-again/",
        keys.renew_version,
        name="version-sign-again",
    ),
]
