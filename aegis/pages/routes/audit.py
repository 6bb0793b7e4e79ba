"""The audit log."""

from django.urls import path

from aegis.pages.views import audit

routes = [
    path("audit/", audit.show, name="audit"),
    path("audit/verify/", audit.verify, name="audit-verify"),
]
