"""Movable names for versions, and where they pointed before."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from aegis.firm import Firm, append_only, refuse
from aegis.keys import new_key
from registry.models.registered import RegisteredModel
from registry.models.versions import ModelVersion
from registry.visibility import PartOfModelQuerySet

_SAME_MODEL = f"""
    IF NEW.version_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM registry_modelversion v WHERE v.id = NEW.version_id
            AND v.registered_model_id = NEW.registered_model_id) THEN
        {refuse("An alias names a version of its own model.")}
    END IF;
    RETURN NEW;
"""


class Alias(models.Model):
    """A movable name for a version; ``production`` and ``staging`` follow the stages instead."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    registered_model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="aliases"
    )
    name = models.CharField(max_length=128)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    objects = PartOfModelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "aliases"
        constraints = [
            models.UniqueConstraint("registered_model", Lower("name"), name="registry_alias_once")
        ]
        triggers = [
            Firm(
                name="of_its_own_model",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_SAME_MODEL,
            )
        ]

    def __str__(self) -> str:
        return self.name


class AliasChange(models.Model):
    """That an alias was set, moved or (with no version) removed."""

    registered_model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="alias_changes"
    )
    name = models.CharField(max_length=128)
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        triggers = append_only()

    def __str__(self) -> str:
        return self.name
