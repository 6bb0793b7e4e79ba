"""Which commit of a hub's repository a version is, and what the hub has now."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from aegis.firm import append_only
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models import ModelVersion, Stage, VersionState
from registry.visibility import PartOfVersionQuerySet


class RevisionWatch(Leased):
    """A revision of a repository that versions were imported from, asked for daily.

    ``commit`` is the newest that the hub has named, seen first at ``seen_at``; empty before the
    first answer. ``asked_at`` is when it answered last. While it does not, or says that it is gone,
    ``error`` says why, since ``failing_since``. A worker holds it until ``lease_until``.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    endpoint = models.CharField(max_length=500)
    repo = models.CharField(max_length=200)
    revision = models.CharField(max_length=255)
    commit = models.CharField(max_length=40, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["repo", "revision"]
        verbose_name_plural = "revision watches"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["endpoint", "repo", "revision"], name="imports_revision_watched_once"
            ),
        ]
        indexes = [models.Index(fields=["endpoint", "due_at"], name="imports_watches_by_due")]

    def __str__(self) -> str:
        return f"{self.repo}@{self.revision}"


class HubOriginQuerySet(PartOfVersionQuerySet):
    """Sets of versions that come from a hub."""

    def ready(self) -> Self:
        """Keep those whose import is done."""
        return self.filter(version__state=VersionState.READY)

    def in_use(self) -> Self:
        """Keep those that are neither recalled nor archived: of these a newer commit matters."""
        return self.ready().filter(version__recalled_at=None).exclude(version__stage=Stage.ARCHIVED)

    def outdated(self) -> Self:
        """Keep those of which the hub has another commit now."""
        return self.exclude(watch=None).exclude(watch__commit__in=["", F("commit")])

    def newest_of_models(self) -> Self:
        """Keep the newest of each registered model."""
        later = self.model.objects.ready().filter(
            version__registered_model=OuterRef("version__registered_model"),
            version__number__gt=OuterRef("version__number"),
        )
        return self.filter(~Exists(later))

    def with_newer(self) -> Self:
        """Add ``newer_number``: the version of the same model that is the hub's newer commit."""
        newer: models.QuerySet[Any] = self.model.objects.ready().filter(
            endpoint=OuterRef("endpoint"),
            repo=OuterRef("repo"),
            commit=OuterRef("watch__commit"),
            version__registered_model=OuterRef("version__registered_model"),
        )
        number = newer.order_by("-version__number").values("version__number")[:1]
        return self.select_related("watch").annotate(newer_number=Subquery(number))


class HubOrigin(models.Model):
    """That a version is a commit of a hub's repository.

    ``watch`` is of the revision that was asked for; there is none where that was the commit itself,
    of which there is nothing newer.
    """

    version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="hub_origin"
    )
    endpoint = models.CharField(max_length=500)
    repo = models.CharField(max_length=200)
    commit = models.CharField(max_length=40)
    watch = models.ForeignKey(
        RevisionWatch, null=True, on_delete=models.PROTECT, related_name="origins"
    )

    objects = HubOriginQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(commit__regex=r"^[0-9a-f]{40}$"), name="imports_hub_commit_form"
            ),
        ]
        indexes = [models.Index(fields=["endpoint", "repo", "commit"], name="imports_hub_commits")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.repo}@{self.commit[:12]}"
