"""Recalls: that a version must not be used any more, and the signed lists that tell everybody."""

import pgtrigger
from django.conf import settings
from django.db import models

from aegis.firm import Firm, append_only, refuse
from aegis.keys import new_key
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class Recall(models.Model):
    """That a version was taken back for good: by whom, why, and from which stage.

    The version's ``recalled_at`` follows this row. Before the transaction ends it has left
    Staging and Production.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.OneToOneField(ModelVersion, on_delete=models.PROTECT, related_name="recall")
    reason = models.TextField()
    stage = models.CharField(max_length=10, help_text="Where the version was.")
    recalled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recalled_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-recalled_at"]
        triggers = [
            *append_only(),
            Firm(
                name="of_a_ready_version",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("v", "registry_modelversion%ROWTYPE")],
                func=f"""
                    SELECT * INTO v FROM registry_modelversion WHERE id = NEW.version_id FOR UPDATE;
                    IF v.state IS DISTINCT FROM 'ready' THEN
                        {refuse("Only a ready version is recalled.")}
                    END IF;
                    IF btrim(NEW.reason) = '' THEN
                        {refuse("A recall needs a reason.")}
                    END IF;
                    NEW.stage := v.stage;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="followed_by_its_version",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    UPDATE registry_modelversion SET recalled_at = NEW.recalled_at
                        WHERE id = NEW.version_id;
                    RETURN NULL;
                """,
            ),
            Firm(
                name="leaves_its_stage",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=f"""
                    IF EXISTS (SELECT 1 FROM registry_modelversion v WHERE v.id = NEW.version_id
                               AND v.stage IN ('Staging', 'Production')) THEN
                        {refuse("A recalled version does not stay in use.")}
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"recall of {self.version}"


class RevocationList(models.Model):
    """A signed list of all artifacts that are recalled, as it is published; numbered from 1.

    ``bundle`` is a Sigstore bundle as JSON text around an in-toto statement; ``count`` says how
    many artifacts it names.
    """

    number = models.PositiveIntegerField(unique=True)
    count = models.PositiveIntegerField()
    bundle = models.TextField()
    key_name = models.CharField(max_length=120)
    key_version = models.CharField(max_length=20)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        verbose_name = "revocation list"
        triggers = append_only()

    def __str__(self) -> str:
        return f"revocation list {self.number}"
