"""The administration's site: it takes only what keeps the rule that verbs change things."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.http import HttpRequest

from aegis.accounts.models import User


class AegisAdminSite(AdminSite):
    """Django's site for administrators and auditors.

    Registrations by Django and by libraries are left out: their forms would save
    without a verb.
    """

    site_header = "Administration"
    site_title = "Administration of Aegis"
    index_title = "What administrators keep"
    empty_value_display = "–"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[ModelAdmin[Any]] | None" = None,
        **options: Any,
    ) -> None:
        """Take ``admin_class`` if it is one of ours."""
        from aegis.admin import ReadOnlyAdmin  # noqa: PLC0415 -- It needs the site to be there.

        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in whoever holds a role across the registry now."""
        user = request.user
        return isinstance(user, User) and (user.is_administrator or user.is_auditor)
