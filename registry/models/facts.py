"""Facts and metrics: append-only rows with their source."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.firm import Frozen, NoDelete, append_only
from registry.models.versions import ModelVersion
from registry.revisions import RaisesSubjectRevision
from registry.visibility import PartOfVersionQuerySet


class VersionFact(models.Model):
    """A named fact about a version; a later row of the same name supersedes it visibly."""

    class Source(models.TextChoices):
        REGISTRATION = "registration", "Came with the version"
        ORIGIN = "origin", "Read where the version comes from"
        STATED = "stated", "Stated later"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="facts")
    name = models.CharField(max_length=80)
    value = models.JSONField()
    source = models.CharField(max_length=12, choices=Source.choices)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "fact"
        indexes = [models.Index(fields=["version", "name", "-id"], name="registry_facts_current")]
        triggers = [*append_only(), RaisesSubjectRevision()]

    def __str__(self) -> str:
        return self.name


class MetricDefinition(models.Model):
    """What a metric's name means: unit, which direction is better, and its ideal."""

    class Direction(models.TextChoices):
        HIGHER = "higher", "Higher is better"
        LOWER = "lower", "Lower is better"

    name = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    unit = models.CharField(max_length=20, blank=True)
    direction = models.CharField(max_length=6, choices=Direction.choices)
    ideal = models.FloatField(null=True, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["title"]
        triggers = [NoDelete(), Frozen(mutable=("title", "description", "ideal"))]

    def __str__(self) -> str:
        return self.title


class Metric(models.Model):
    """One measured value of a version, with where it comes from.

    ``interval_low`` and ``interval_high`` bound the value at ``interval_level``
    (0.95 unless the report says otherwise). Only one from a report passes a gate.
    """

    class Source(models.TextChoices):
        STATED = "stated", "Stated by a person or token"
        REPORT = "report", "Read from an evaluation report"
        RUN = "run", "Read from an MLflow run"
        CLAIM = "claim", "Publisher's claim"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="metrics")
    name = models.CharField(max_length=80)
    value = models.FloatField()
    dataset = models.CharField(max_length=200, blank=True)
    slice = models.CharField(max_length=200, blank=True)
    sample_size = models.PositiveBigIntegerField(null=True, blank=True)
    interval_low = models.FloatField(null=True, blank=True)
    interval_high = models.FloatField(null=True, blank=True)
    interval_level = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    evidence = models.ForeignKey(
        "registry.Evidence", null=True, blank=True, on_delete=models.PROTECT, related_name="metrics"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slice", "id"]
        indexes = [
            models.Index(fields=["version", "name", "-id"], name="registry_metrics_current"),
            models.Index(fields=["name", "value"], name="registry_metrics_by_value"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(source="report", evidence__isnull=False)
                | Q(source__in=["stated", "run", "claim"], evidence=None),
                name="registry_metric_source_has_its_report",
            ),
            models.CheckConstraint(
                condition=Q(value__gt=float("-inf")) & Q(value__lt=float("inf")),
                name="registry_metric_is_finite",
            ),
        ]
        triggers = [*append_only(), RaisesSubjectRevision()]

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
