"""Derivations: versions that were converted from others, and how both were compared."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from aegis.firm import Firm, append_only, refuse
from registry.models.versions import ModelVersion
from registry.revisions import RaisesSubjectRevision
from registry.visibility import PartOfVersionQuerySet


class Derivation(models.Model):
    """That a version was converted from another one of the same model: its ``parent``.

    ``parent_digest`` is the digest of the parent's manifest, ``packages`` the versions of what the
    converter stands on, by name, and ``isolation`` the walls that stood around it.
    """

    version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="derivation"
    )
    parent = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="derivations")
    parent_digest = models.CharField(max_length=64)
    converter = models.CharField(max_length=80)
    converter_version = models.CharField(max_length=40)
    packages = models.JSONField(default=dict)
    isolation = models.JSONField(default=list)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at"]
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="of_a_ready_original",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("v", "registry_modelversion%ROWTYPE"),
                    ("o", "registry_modelversion%ROWTYPE"),
                ],
                func=f"""
                    SELECT * INTO v FROM registry_modelversion WHERE id = NEW.version_id;
                    SELECT * INTO o FROM registry_modelversion WHERE id = NEW.parent_id;
                    IF v.source <> 'conversion' OR v.state <> 'pending' THEN
                        {refuse("A derivation belongs to a version that is being converted.")}
                    END IF;
                    IF o.registered_model_id <> v.registered_model_id OR o.number >= v.number THEN
                        {refuse("A version is converted from an earlier one of its model.")}
                    END IF;
                    IF o.source = 'conversion' OR o.state <> 'ready'
                       OR o.digest <> NEW.parent_digest THEN
                        {refuse("A version is converted from the files of a ready original.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} from v{self.parent.number} by {self.converter}"


class Comparison(models.Model):
    """What came out when a converted version was compared with its parent; never a claim.

    ``method`` says what was compared: the outputs of both for an input, or the bytes of each
    tensor. ``input_digest`` is the SHA-256 of the input's canonical JSON, empty for tensors, and
    ``input_from`` the file of the parent that it lies in, empty where somebody gave it.
    ``values`` numbers or words were compared, ``outside`` of them differ by more than
    ``tolerance`` + ``relative_tolerance`` × the parent's; ``largest_difference`` is absolute, and
    missing where the outputs have other shapes or are no numbers.
    """

    class Method(models.TextChoices):
        OUTPUTS = "outputs", "Outputs for an input"
        TENSORS = "tensors", "Each tensor, byte by byte"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="comparisons")
    manifest_digest = models.CharField(max_length=64)
    parent_digest = models.CharField(max_length=64)
    method = models.CharField(max_length=8, choices=Method.choices)
    input_digest = models.CharField(max_length=64, blank=True)
    input_from = models.CharField(max_length=1000, blank=True)
    values = models.PositiveBigIntegerField()
    outside = models.PositiveBigIntegerField()
    tolerance = models.FloatField()
    relative_tolerance = models.FloatField()
    largest_difference = models.FloatField(null=True)
    packages = models.JSONField(default=dict)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    compared_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(method__in=["outputs", "tensors"]), name="registry_comparison_method"
            ),
            models.CheckConstraint(
                condition=Q(values__gt=0, outside__lte=F("values")),
                name="registry_comparison_of_something",
            ),
            models.CheckConstraint(
                condition=Q(method="tensors", input_digest="", tolerance=0, relative_tolerance=0)
                | Q(method="outputs", input_digest__regex="^[0-9a-f]{64}$"),
                name="registry_comparison_of_outputs_has_its_input",
            ),
            models.CheckConstraint(
                condition=Q(tolerance__gte=0, tolerance__lte=1)
                & Q(relative_tolerance__gte=0, relative_tolerance__lte=1),
                name="registry_comparison_tolerance",
            ),
        ]
        triggers: ClassVar = [
            *append_only(),
            RaisesSubjectRevision(),
            Firm(
                name="of_what_was_converted",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NOT EXISTS (
                        SELECT 1 FROM registry_derivation d
                        JOIN registry_modelversion v ON v.id = d.version_id
                        WHERE d.version_id = NEW.version_id AND d.parent_digest = NEW.parent_digest
                            AND v.digest IN ('', NEW.manifest_digest)) THEN
                        {refuse("What is compared is a converted version and what it was.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.outside} of {self.values} outside"

    @property
    def is_within(self) -> bool:
        """Say whether every value was within the tolerance."""
        return self.outside == 0
