"""Base classes of the administration: governed tables are read, and verbs change the rest."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from aegis.accounts.models import User
from aegis.audit.actions import sentence_of
from aegis.audit.models import AuditEvent
from aegis.audit.recording import verb
from aegis.problems import Invalid, Refusal

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyInline = admin.TabularInline[Any, Any]
    AnyForm = forms.ModelForm[Any]
else:  # Django's classes take no parameters when they run.
    AnyAdmin, AnyInline, AnyForm = admin.ModelAdmin, admin.TabularInline, forms.ModelForm


def refusal_text(refusal: Refusal) -> str:
    """Return the sentence of a refusal with what would mend it."""
    return " ".join(filter(None, [refusal.sentence, refusal.mend]))


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An entry of the audit log under the names that Django's history page has for it."""

    action_time: datetime
    user: User | None
    get_change_message: str


class _ShowsOnly:
    """Nobody adds, changes or removes rows by hand."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyInline(_ShowsOnly, AnyInline):
    """Rows that belong to a row that is shown; ``fields`` says what of them."""

    extra = 0
    can_delete = False
    fields: ClassVar[tuple[str, ...]] = ()

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> tuple[str, ...]:
        return self.fields


class ReadOnlyAdmin(_ShowsOnly, AnyAdmin):
    """A table that is read here and changed by verbs elsewhere; its history is the audit log's.

    Its rows are those that ``visible`` keeps: by default what ``visible_to`` of the
    table's querysets allows, and nothing where there is no such rule.
    """

    list_per_page = 50
    show_full_result_count = False
    open_to_both_roles: ClassVar[bool] = False
    """Set it where the rows tell nothing about registered models."""

    def visible(self, rows: models.QuerySet[Any], user: User) -> models.QuerySet[Any]:
        """Keep the rows that ``user`` may see."""
        if self.open_to_both_roles:
            return rows
        if hasattr(rows, "visible_to"):
            kept: models.QuerySet[Any] = rows.visible_to(user)
            return kept
        return rows.none()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by what the list offers alone.

        Django lets an address filter by any column of the table, which tells a digest of a
        password to whoever may see the list, character by character.
        """
        offered = [_parameter(one) for one in self.get_list_filter(request)]
        return super().lookup_allowed(lookup, value, request) and any(
            lookup == name or lookup.startswith(f"{name}__") for name in offered
        )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        return self.visible(rows, request.user) if isinstance(request.user, User) else rows.none()

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        """Return every column, those too that no form could hold."""
        return tuple(self.fields or (f.name for f in self.opts.fields if not f.primary_key))  # type: ignore[arg-type]

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> tuple[str, ...]:
        return ReadOnlyAdmin.get_fields(self, request, obj)

    # Django's own log would be a second truth beside the audit log, and anybody could edit it.
    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> None:  # type: ignore[override]
        """Keep nothing: the verb has recorded it."""

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> None:  # type: ignore[override]
        """Keep nothing: the verb has recorded it."""

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:  # type: ignore[override]
        """Keep nothing: nothing is removed."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what the audit log holds about the row."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        entries = AuditEvent.objects.filter(
            object_type=self.opts.model_name, object_id=str(obj.pk)
        ).select_related("actor")
        paginator = Paginator(entries, self.list_per_page)
        page: Any = paginator.get_page(request.GET.get("p"))
        page.object_list = [
            HistoryLine(entry.occurred_at, entry.actor, sentence_of(entry.action))
            for entry in page.object_list
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {obj}",
            "subtitle": None,
            "action_list": page,
            "page_range": paginator.get_elided_page_range(page.number),
            "page_var": "p",
            "pagination_required": paginator.count > self.list_per_page,
            "module_name": str(self.opts.verbose_name_plural),
            "object": obj,
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/object_history.html", context)


def _parameter(offered: Any) -> str:
    """Return what a list's filter is called in an address."""
    column = offered[0] if isinstance(offered, tuple | list) else offered
    return str(getattr(column, "parameter_name", column))


class VerbForm(AnyForm):
    """A form whose last check is the verb: what that refuses is shown beside what was typed.

    Its fields are its own, not the table's: give its Meta a ``model`` and no ``fields``.
    """

    actor: ClassVar[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:  # noqa: SLF001 -- Django has no public name for it.
            self.initial = {**self.shown(self.instance), **self.initial}

    def shown(self, row: Any) -> dict[str, Any]:
        """Return what the fields hold before somebody changes them."""
        return {name: getattr(row, name, None) for name in self.base_fields}

    def carry_out(self, actor: User) -> models.Model:
        """Call the verbs with the cleaned data, as one change, and return the row."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            self.instance = verb(self.carry_out)(self.actor)
        except Refusal as refusal:
            named = refusal.field if isinstance(refusal, Invalid) else None
            self.add_error(named if named in self.fields else None, refusal_text(refusal))

    def _save_m2m(self) -> None:
        """Leave everything as the verb made it."""


class VerbAdmin(ReadOnlyAdmin):
    """A table whose forms call verbs: ``add_form`` for a new row, ``form`` for one that is there.

    Whether somebody may try is a model permission of their group; the verb asks again.
    """

    form: type[VerbForm]
    add_form: ClassVar[type[VerbForm] | None] = None
    fixed: ClassVar[tuple[str, ...]] = ()
    """What the page of a row shows above its form,"""
    read: ClassVar[tuple[str, ...]] = ()
    """and, beside that, to those who may not change it."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.add_form is not None and admin.ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_form(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 -- Django's signature.
        **kwargs: Any,
    ) -> type[VerbForm]:
        """Return the form for the row, bound to who fills it in."""
        form = self.form if obj is not None or self.add_form is None else self.add_form
        return type(form.__name__, (form,), {"actor": request.user, "__module__": __name__})

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> tuple[str, ...]:
        return self.fixed if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        form = self.get_form(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            return (*self.fixed, *self.read)
        return (*self.get_readonly_fields(request, obj), *form.base_fields)

    def save_model(self, *args: Any) -> None:
        """Save nothing: the form has called the verb."""

    def save_related(self, *args: Any) -> None:
        """Save nothing: the form has called the verb."""
