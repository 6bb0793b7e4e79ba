"""The addresses of the REST API."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from aegis.api import pages

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", pages.Docs.as_view(url_name="api-schema"), name="api-docs"),
    path("v1/", include("aegis.api.v1.urls")),
    re_path("", pages.Unknown.as_view()),
]
