"""The addresses of imports."""

from django.urls import path

from aegis.pages.views import imports

routes = [
    path("imports/", imports.index, name="imports"),
    path("uploads/<uuid:key>/discard/", imports.discard_open_upload, name="upload-discard"),
    path("imports/<int:number>/", imports.show, name="import"),
    path("imports/<int:number>/row/", imports.row, name="import-row"),
    path("imports/<int:number>/state/", imports.state, name="import-state"),
    path("imports/<int:number>/start/", imports.begin, name="import-start"),
    path("imports/<int:number>/cancel/", imports.stop, name="import-cancel"),
    path("imports/<int:number>/retry/", imports.try_again, name="import-retry"),
]
