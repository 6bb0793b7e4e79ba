"""Imports in the administration: to read."""

from django.contrib import admin

from aegis.admin import ReadOnlyAdmin, ReadOnlyInline
from imports.models import Import, ImportStep


class StepRows(ReadOnlyInline):
    model = ImportStep
    fields = ("name", "started_at", "finished_at", "result")


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ("number", "version", "state", "error_code", "requested_by", "requested_at")
    list_filter = ("state", "error_code")
    list_select_related = ("version__registered_model", "requested_by")
    search_fields = ("number", "version__registered_model__name")
    inlines = (StepRows,)
