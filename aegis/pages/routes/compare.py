"""The address at which two versions are compared."""

from django.urls import path

from aegis.pages.views import compare

routes = [path("models/<str:name>/compare/", compare.show, name="compare")]
