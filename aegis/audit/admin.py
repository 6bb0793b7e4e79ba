"""The audit log in the administration."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from aegis.accounts.models import User
from aegis.admin import ReadOnlyAdmin
from aegis.audit.actions import all_actions, sentence_of
from aegis.audit.models import AuditEvent


class ActionFilter(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in all_actions()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent]
    ) -> QuerySet[AuditEvent]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("seq", "occurred_at", "actor", "sentence", "object_type", "object_id")
    list_filter = (ActionFilter,)
    list_select_related = ("actor",)
    search_fields = ("object_id", "actor__username")
    fields = (
        *("seq", "occurred_at", "actor", "action", "object_type", "object_id", "model_id"),
        *("body", "previous", "own_hash"),
    )

    def visible(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        """Show administrators what is about no model: some models are restricted."""
        return rows if user.is_auditor else rows.filter(model_id=None)

    @admin.display(description="Action")
    def sentence(self, entry: AuditEvent) -> str:
        return sentence_of(entry.action)

    @admin.display(description="Hash of the entry before")
    def previous(self, entry: AuditEvent) -> str:
        return bytes(entry.previous_hash).hex()

    @admin.display(description="Hash")
    def own_hash(self, entry: AuditEvent) -> str:
        return bytes(entry.hash).hex()
