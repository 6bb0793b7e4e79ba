"""What is registered, in the administration: to read, and the meanings of metrics to keep."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.urls import reverse

from aegis.accounts.models import User
from aegis.admin import ReadOnlyAdmin, ReadOnlyInline, VerbAdmin, VerbForm
from registry.addresses import key_path
from registry.metric_definitions import define_metric, edit_metric_definition
from registry.models import (
    Alias,
    Artifact,
    Attestation,
    CardRevision,
    ComplianceTag,
    Evidence,
    Metric,
    MetricDefinition,
    ModelVersion,
    RegisteredModel,
    RegisteredModelGroupPermission,
    RegisteredModelUserPermission,
    Signature,
    SignerState,
    SigningKey,
    SigningKeyVersion,
    VersionFact,
)


class SharedWithPeople(ReadOnlyInline):
    model = RegisteredModelUserPermission
    fields = ("user", "permission")
    verbose_name_plural = "shared with people"


class SharedWithGroups(ReadOnlyInline):
    model = RegisteredModelGroupPermission
    fields = ("group", "permission")
    verbose_name_plural = "shared with groups"


class AliasRows(ReadOnlyInline):
    model = Alias
    fields = ("name", "version", "set_by", "set_at")


@admin.register(RegisteredModel)
class RegisteredModelAdmin(ReadOnlyAdmin):
    list_display = ("name", "team", "risk_tier", "visibility", "task", "framework", "updated_at")
    list_filter = ("team", "risk_tier", "visibility")
    list_select_related = ("team",)
    search_fields = ("name", "description")
    inlines = (SharedWithPeople, SharedWithGroups, AliasRows)

    def view_on_site(self, model: RegisteredModel) -> str:
        return reverse("pages:model", kwargs={"name": model.name})


class FactRows(ReadOnlyInline):
    model = VersionFact
    fields = ("name", "value", "source", "recorded_by", "recorded_at")


class MetricRows(ReadOnlyInline):
    model = Metric
    fields = ("name", "value", "dataset", "slice", "source", "recorded_by", "recorded_at")


class TagRows(ReadOnlyInline):
    model = ComplianceTag
    fields = ("name", "evidence", "claimed_by", "claimed_at")


class SignatureRows(ReadOnlyInline):
    model = Signature
    fields = (
        "key_name",
        "key_version",
        "algorithm",
        "manifest_digest",
        "is_development",
        "signed_at",
    )


class ArtifactRow(ReadOnlyInline):
    model = Artifact
    fields = ("key", "layout", "size", "sha256", "manifest_digest", "created_at")


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = (
        *("registered_model", "number", "label", "state", "stage", "created_by", "created_at"),
    )
    list_display_links = ("registered_model", "number")
    list_filter = ("state", "stage")
    list_select_related = ("registered_model", "created_by")
    search_fields = ("registered_model__name", "label", "digest")
    ordering = ("-created_at",)
    inlines = (ArtifactRow, SignatureRows, FactRows, MetricRows, TagRows)


@admin.register(CardRevision)
class CardRevisionAdmin(ReadOnlyAdmin):
    list_display = ("version", "number", "digest", "published_by", "published_at")
    list_select_related = ("version__registered_model", "published_by")
    search_fields = ("version__registered_model__name", "digest")
    ordering = ("-published_at",)


class AttestationRow(ReadOnlyInline):
    model = Attestation
    fields = ("verdict", "comment", "attested_by", "attested_at")


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ("title", "version", "kind", "outcome", "attached_by", "attached_at")
    list_filter = ("kind", "outcome")
    list_select_related = ("version__registered_model", "attached_by")
    search_fields = ("title", "version__registered_model__name", "sha256")
    inlines = (AttestationRow,)


def _number() -> forms.FloatField:
    return forms.FloatField(
        label="Ideal value",
        required=False,
        help_text="From it to a gate's limit is the whole way; without one, words only.",
    )


def _words() -> forms.CharField:
    return forms.CharField(label="Description", required=False, widget=AdminTextareaWidget)


class NewMetricForm(VerbForm):
    name = forms.CharField(widget=AdminTextInputWidget, help_text="As reports write it; it stays.")
    title = forms.CharField(widget=AdminTextInputWidget)
    direction = forms.ChoiceField(choices=MetricDefinition.Direction.choices)
    unit = forms.CharField(required=False, widget=AdminTextInputWidget)
    ideal = _number()
    description = _words()

    class Meta:
        model = MetricDefinition
        fields = ()

    def carry_out(self, actor: User) -> MetricDefinition:
        """Define the metric."""
        return define_metric(actor=actor, **self.cleaned_data)


class MetricForm(VerbForm):
    title = forms.CharField(widget=AdminTextInputWidget)
    ideal = _number()
    description = _words()

    class Meta:
        model = MetricDefinition
        fields = ()

    def carry_out(self, actor: User) -> MetricDefinition:
        """Change how the metric is shown."""
        return edit_metric_definition(self.instance, actor=actor, **self.cleaned_data)


@admin.register(MetricDefinition)
class MetricDefinitionAdmin(VerbAdmin):
    form = MetricForm
    add_form = NewMetricForm
    open_to_both_roles = True
    fixed = ("name", "direction", "unit")
    read = ("title", "ideal", "description")
    list_display = ("title", "name", "unit", "direction", "ideal")
    list_filter = ("direction",)
    search_fields = ("name", "title")


@admin.register(SignerState)
class SignerStateAdmin(ReadOnlyAdmin):
    open_to_both_roles = True
    list_display = ("key_name", "away_since", "code", "sentence", "answered_at", "checked_at")
    list_filter = ("code",)
    search_fields = ("key_name", "sentence")


class KeyVersionRows(ReadOnlyInline):
    model = SigningKeyVersion
    fields = ("version", "algorithm", "hint", "first_seen_at", "compromised_at", "compromised_by")


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """Kept on its own page, which the button “View on site” opens."""

    open_to_both_roles = True
    list_display = ("name", "provider", "is_default", "retired_at", "created_at")
    fields = (
        *("name", "provider", "transit_name", "description", "teams", "risk_tiers"),
        *("is_default", "retired_at", "created_by", "created_at"),
    )
    inlines = (KeyVersionRows,)

    def view_on_site(self, key: SigningKey) -> str:
        return key_path(key.name)
