"""The addresses of evidence, attestations and compliance tags."""

from django.urls import path

from aegis.pages.views import evidence

_VERSION = "models/<str:name>/versions/<int:number>/"

routes = [
    path(f"{_VERSION}evidence/", evidence.attach, name="evidence-attach"),
    path(f"{_VERSION}evidence/<uuid:key>/file/", evidence.download, name="evidence-file"),
    path(f"{_VERSION}evidence/<uuid:key>/attest/", evidence.attest, name="evidence-attest"),
    path(f"{_VERSION}tags/", evidence.claim, name="tag-claim"),
]
