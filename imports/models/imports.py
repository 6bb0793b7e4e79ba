"""Imports: the jobs that bring versions in, and the steps they take."""

from typing import ClassVar, Final

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Func, Q, Value

from aegis.accounts.models import Team, User
from aegis.firm import Firm, NoDelete, refuse
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models import ModelVersion, RegisteredModel, SigningKey


class ImportState(models.TextChoices):
    """How far an import has come."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    PLANNED = "planned", "Looked up"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ImportQuerySet(models.QuerySet["Import"]):
    """Sets of imports."""

    def visible_to(self, user: User | AnonymousUser) -> "ImportQuerySet":
        """Keep the imports into models that ``user`` may see, and their own into no model yet."""
        if isinstance(user, AnonymousUser) or not user.is_active:
            return self.none()
        seen = RegisteredModel.objects.visible_to(user)
        own = Q(registered_model=None, requested_by=user.pk)
        everybodys = Q(registered_model=None) if user.is_auditor else own
        return self.filter(Q(registered_model__in=seen) | everybodys)


class Import(Leased):
    """The job that brings one version in; this row is the truth, the broker a hint.

    Uploaded files have their ``version`` from the start. What is fetched from a source has
    ``reference``, what was asked for there; once it was looked up, ``plan`` says what it is and
    would bring, and the version takes its number. So nothing that is not there takes one. With
    ``waits_for_start`` it is looked up only, until somebody starts it. ``same_as`` is the version
    that had the same files already, where no other was wanted. ``asked`` holds what the version
    is to be registered with: label, description, facts, the name of the signing key;
    ``model_name`` and ``team`` are those of a model that is registered with it where it is not
    there. The files of a failed one are kept until ``kept_until``, if that was asked for.

    Nobody may claim it before ``lease_until``: a worker holds it until then, or it
    waits until then for something that was away. A worker names its hold by
    ``fence``, a number that each claim raises, so that one that lost it cannot
    finish it. ``attempts`` counts the claims that nobody brought to an end.
    ``waiting_since`` is when it began to wait for what ``error_code`` names; a step that
    is done ends the wait, a try that fails again does not. ``error_kind`` is the sort of refusal
    that a failed one ended with, ``error_details`` what that gave beside its sentence, such as
    the digests that differ. ``signing_key`` is the key that the
    version is to be signed with, and stays the one.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    number = models.PositiveBigIntegerField(
        unique=True,
        db_default=Func(Value("imports_import_number"), function="nextval"),
        editable=False,
    )
    source = models.CharField(
        max_length=12,
        choices=ModelVersion.Source.choices,
        default=ModelVersion.Source.UPLOAD,
    )
    registered_model = models.ForeignKey(
        RegisteredModel, null=True, on_delete=models.PROTECT, related_name="imports"
    )
    model_name = models.CharField(max_length=128)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="job"
    )
    same_as = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.JSONField(default=dict)
    asked = models.JSONField(default=dict)
    plan = models.JSONField(null=True)
    waits_for_start = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=ImportState.choices, default=ImportState.WAITING)
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    error_kind = models.CharField(max_length=12, blank=True)
    error_details = models.JSONField(default=dict, blank=True)
    signing_key = models.ForeignKey(
        SigningKey, null=True, on_delete=models.PROTECT, related_name="+"
    )
    kept_until = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="imports"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="imports_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(version=None) ^ Q(same_as=None),
                name="imports_done_has_a_version",
            ),
            models.CheckConstraint(
                condition=~Q(source="upload") | Q(version__isnull=False),
                name="imports_upload_has_its_version",
            ),
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
            Firm(
                name="what_was_asked_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF (NEW.source, NEW.model_name, NEW.team_id, NEW.reference, NEW.asked,
                        NEW.requested_by_id, NEW.number)
                       IS DISTINCT FROM (OLD.source, OLD.model_name, OLD.team_id, OLD.reference,
                        OLD.asked, OLD.requested_by_id, OLD.number) THEN
                        {refuse("What was asked of an import does not change.")}
                    END IF;
                    IF OLD.version_id IS NOT NULL
                       AND (NEW.version_id IS DISTINCT FROM OLD.version_id
                            OR NEW.plan IS DISTINCT FROM OLD.plan) THEN
                        {refuse("An import stays with its version and its plan.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.number}"

    @property
    def made(self) -> ModelVersion:
        """The version that this import made; only one that was looked up has one."""
        assert self.version is not None
        return self.version

    @property
    def result(self) -> ModelVersion | None:
        """The version to look at: the one that it made, or the one that was there."""
        return self.version or self.same_as


class ImportStep(models.Model):
    """One step of an import; done once it has an end.

    The files of an upload are here already, so it is neither looked up nor downloaded. A step
    that annotates comes after the end, and again when what it writes down has changed. One that
    converts is there where that was wished for, and comes after the end as well.
    """

    class Name(models.TextChoices):
        RESOLVE = "resolve", "Looking up"
        FETCH = "fetch", "Downloading"
        CHECK = "check", "Checking files"
        SCAN = "scan", "Scanning files"
        PACKAGE = "package", "Packaging"
        SIGN = "sign", "Signing"
        ANNOTATE = "annotate", "Noting at the origin"
        CONVERT = "convert", "Having it converted"

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

    @property
    def title(self) -> str:
        """What the step is called; where a version is converted there is nothing to download."""
        if self.job.source == ModelVersion.Source.CONVERSION and self.name in _OF_CONVERSIONS:
            return _OF_CONVERSIONS[self.name]
        return str(self.get_name_display())


_OF_CONVERSIONS: Final[dict[str, str]] = {
    ImportStep.Name.RESOLVE: "Converting and comparing",
    ImportStep.Name.FETCH: "Taking the files over",
}
