"""Imports: the jobs that bring versions in, and the steps they take."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Func, Q, Value

from aegis.firm import Firm, NoDelete, refuse
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models import ModelVersion, SigningKey
from registry.visibility import PartOfVersionQuerySet


class ImportState(models.TextChoices):
    """How far an import has come."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Import(Leased):
    """The job that brings one version in; this row is the truth, the broker a hint.

    Nobody may claim it before ``lease_until``: a worker holds it until then, or it
    waits until then for something that was away. A worker names its hold by
    ``fence``, a number that each claim raises, so that one that lost it cannot
    finish it. ``attempts`` counts the claims that nobody brought to an end.
    ``waiting_since`` is when it began to wait for what ``error_code`` names; a step that
    is done ends the wait, a try that fails again does not. ``signing_key`` is the key that the
    version is to be signed with, and stays the one.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    number = models.PositiveBigIntegerField(
        unique=True,
        db_default=Func(Value("imports_import_number"), function="nextval"),
        editable=False,
    )
    version = models.OneToOneField(ModelVersion, on_delete=models.PROTECT, related_name="job")
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.WAITING)
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    signing_key = models.ForeignKey(
        SigningKey, null=True, on_delete=models.PROTECT, related_name="+"
    )
    waiting_since = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="imports"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="imports_state_is_known"
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="imports_by_state")]
        triggers = [
            NoDelete(),
            Firm(
                name="signing_key_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.signing_key_id IS NOT NULL
                       AND NEW.signing_key_id IS DISTINCT FROM OLD.signing_key_id THEN
                        {refuse("The key that an import signs with does not change.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.number}"


class ImportStep(models.Model):
    """One step of an import: checking, scanning, packaging, signing; done once it has an end."""

    class Name(models.TextChoices):
        CHECK = "check", "Checking files"
        SCAN = "scan", "Scanning files"
        PACKAGE = "package", "Packaging"
        SIGN = "sign", "Signing"

    job = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="steps")
    name = models.CharField(max_length=10, choices=Name.choices)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="imports_step_once")]

    def __str__(self) -> str:
        return self.name
