"""The addresses of versions."""

from django.urls import path

from aegis.pages.views import converting, hub, readings, scans, verifying, versions

_VERSION = "models/<str:name>/versions/<int:number>/"

routes = [
    path("models/<str:name>/versions/new/", versions.add, name="version-add"),
    path(f"{_VERSION}state/", versions.state, name="version-state"),
    path(f"{_VERSION}files/", versions.files, name="version-files"),
    path(f"{_VERSION}signature/", versions.signature, name="version-signature"),
    path(f"{_VERSION}verify/", verifying.verify, name="version-verify"),
    path(f"{_VERSION}convert/", converting.convert, name="version-convert"),
    path(f"{_VERSION}reading/", readings.show, name="version-reading"),
    path(f"{_VERSION}reading/again/", readings.ask, name="reading-ask"),
    path(f"{_VERSION}newer/", hub.import_newer, name="version-newer"),
    path(f"{_VERSION}scan/", scans.show, name="version-scan"),
    path(f"{_VERSION}scan/again/", scans.ask, name="scan-ask"),
    path(f"{_VERSION}scan/waivers/new/", scans.propose, name="waiver-new"),
    path(f"{_VERSION}scan/waivers/<uuid:key>/", scans.answer, name="waiver"),
    path(f"{_VERSION}key.pem", versions.key, name="version-key"),
    path("models/<str:name>/versions/<str:ref>/", versions.show, name="version"),
]
