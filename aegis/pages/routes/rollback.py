"""Going back to a version that was in Production."""

from django.urls import path

from aegis.pages.views import rollback

routes = [path("models/<str:name>/rollback/", rollback.show, name="model-rollback")]
