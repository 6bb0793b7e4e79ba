"""Imports in the administration: to read, and who may import from where."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from aegis.accounts.models import Team, User
from aegis.admin import ReadOnlyAdmin, ReadOnlyInline, VerbAdmin, VerbForm, refusal_text
from aegis.problems import Refusal
from imports.models import Import, ImportRight, ImportStep
from imports.rights import grant_import_right, withdraw_import_right
from registry.models import ModelVersion


class StepRows(ReadOnlyInline):
    model = ImportStep
    fields = ("name", "started_at", "finished_at", "result")


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = (
        *("number", "model_name", "version", "source", "state", "error_code"),
        *("requested_by", "requested_at"),
    )
    list_filter = ("state", "source", "error_code")
    list_select_related = ("version__registered_model", "requested_by")
    search_fields = ("number", "model_name")
    inlines = (StepRows,)


def _places() -> list[tuple[str, str]]:
    """Return every source that there may be a right for, each server and bucket by itself."""
    hub, mlflow, s3 = (
        ModelVersion.Source.HUGGINGFACE,
        ModelVersion.Source.MLFLOW,
        ModelVersion.Source.S3,
    )
    servers = sorted(settings.AEGIS_MLFLOW_TRACKING_URIS)
    buckets = sorted(settings.AEGIS_IMPORT_BUCKETS.items())
    return [
        (hub.value, str(hub.label)),
        *((f"{mlflow.value}:{name}", f"{mlflow.label}: {name}") for name in servers),
        (mlflow.value, f"{mlflow.label}: other servers, by the word of whoever brings the files"),
        *((f"{s3.value}:{name}", f"{s3.label}: {name}, {at.address}") for name, at in buckets),
    ]


class NewRightForm(VerbForm):
    team = forms.ModelChoiceField(queryset=Team.objects.order_by("name"))
    place = forms.ChoiceField(
        label="Source",
        choices=_places,
        help_text="Its members then import from there, for models of this team.",
    )

    class Meta:
        model = ImportRight
        fields = ()

    def carry_out(self, actor: User) -> ImportRight:
        """Give the right."""
        source, _, place = self.cleaned_data["place"].partition(":")
        team = self.cleaned_data["team"]
        return grant_import_right(team, actor=actor, source=source, place=place)


@admin.register(ImportRight)
class ImportRightAdmin(VerbAdmin):
    form = NewRightForm  # A right never changes, so only a new one has a form.
    add_form = NewRightForm
    open_to_both_roles = True
    fixed = ("team", "source", "place", "granted_by", "granted_at")
    list_display = ("team", "source", "place", "granted_by", "granted_at")
    list_filter = ("source", "team")
    list_select_related = ("team", "granted_by")
    search_fields = ("team__name", "place")
    actions = ("withdraw",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("imports.change_importright")

    @admin.action(description="Take the right away", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, rights: QuerySet[ImportRight]) -> None:
        actor = request.user
        assert isinstance(actor, User)
        for right in rights.select_related("team"):
            try:
                withdraw_import_right(right, actor=actor)
            except Refusal as refusal:
                messages.error(request, f"{right}: {refusal_text(refusal)}")
            else:
                messages.success(request, f"Taken away: {right}.")
