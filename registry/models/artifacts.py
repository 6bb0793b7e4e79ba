"""The package of a version's files, its manifest and its signatures."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aegis.firm import AppendOnlyExcept, Firm, NoTruncate, append_only, refuse
from aegis.keys import new_key
from registry.models.brought import BroughtSignature, as_it_was_brought
from registry.models.keys import signed_with_a_listed_key
from registry.models.tombstones import approved, redaction_key
from registry.models.versions import ModelVersion
from registry.revisions import RaisesSubjectRevision
from registry.visibility import PartOfVersionQuerySet


def _only_while_pending(what: str) -> Firm:
    return Firm(
        name="only_while_pending",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("version_state", "text")],
        func=f"""
            SELECT state INTO version_state FROM registry_modelversion
                WHERE id = NEW.version_id FOR UPDATE;
            IF version_state IS DISTINCT FROM 'pending' THEN
                {refuse(f"{what} is added only while the version is importing.")}
            END IF;
            RETURN NEW;
        """,
    )


_MOVES = """
    NEW.rewrite_id IS NOT NULL AND NEW.rewrite_id IS DISTINCT FROM OLD.rewrite_id
    AND EXISTS (
        SELECT 1 FROM registry_packagerewrite w JOIN registry_redaction x ON x.id = w.redaction_id
        WHERE w.redaction_id = NEW.rewrite_id AND x.version_id = NEW.version_id
          AND w.former_key = OLD.key
          AND (w.key, w.layout, w.sha256, w.size) = (NEW.key, NEW.layout, NEW.sha256, NEW.size))
"""
"""The package of a version moves to the one that was written for a redaction, in its place."""

_IS_REDACTED = f"""
    OLD.redaction_id IS NULL AND NEW."offset" IS NULL AND NEW.members IS NULL
    AND NEW.rewrite_id IS NOT DISTINCT FROM OLD.rewrite_id
    AND {approved("NEW.redaction_id", "file", "NEW.path", "NEW.version_id")}
"""
_HAS_ITS_PLACE = """
    NEW.redaction_id IS NOT DISTINCT FROM OLD.redaction_id
    AND NEW.rewrite_id IS DISTINCT FROM OLD.rewrite_id
    AND NEW.rewrite_id = (SELECT a.rewrite_id FROM registry_artifact a
                          WHERE a.version_id = NEW.version_id)
"""


class Artifact(models.Model):
    """The package of a version: one object in the store, and the manifest of what is in it.

    ``manifest`` is canonical JSON (RFC 8785) of path, size and SHA-256 of each
    file; ``manifest_digest`` its SHA-256, the identity of the artifact;
    ``sha256`` and ``size`` (bytes) are of the package as stored. Where a file was redacted,
    ``rewrite`` is the writing of the package without it.
    """

    class Layout(models.TextChoices):
        TAR_1 = "tar-1", "tar.gz"
        SEEKABLE_1 = "seekable-1", "Seekable tar.gz"

    version = models.OneToOneField(
        ModelVersion, primary_key=True, on_delete=models.PROTECT, related_name="artifact"
    )
    key = models.CharField(max_length=400, unique=True)
    layout = models.CharField(max_length=12, choices=Layout.choices)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    manifest = models.TextField()
    manifest_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    rewrite = models.ForeignKey(
        "registry.PackageRewrite",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        triggers = [
            AppendOnlyExcept(
                mutable=("key", "layout", "sha256", "size", "rewrite"), allowed_sql=_MOVES
            ),
            NoTruncate(),
            RaisesSubjectRevision.when_redacted(),
            _only_while_pending("An artifact"),
            Firm(
                name="manifest_matches",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NEW.manifest_digest
                       <> encode(sha256(convert_to(NEW.manifest, 'UTF8')), 'hex') THEN
                        {refuse("The digest of the manifest is not that of its bytes.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ArtifactFile(models.Model):
    """One file in the package of a version: its path, size in bytes and SHA-256.

    ``offset`` is where its bytes begin in the tar stream of a seekable package, and
    ``members`` where the gzip members that hold them begin in the package, with the end
    of the last one; both are unset in packages of the first layout. With them one file
    is found by one row, however many there are. Both are of the package that ``rewrite`` names.
    The bytes of a redacted file are gone: it has no place, and keeps its size and SHA-256.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="files")
    path = models.CharField(max_length=1024)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    offset = models.BigIntegerField(null=True)
    members = ArrayField(models.BigIntegerField(), null=True)
    redaction = redaction_key()
    rewrite = models.ForeignKey(
        "registry.PackageRewrite",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        verbose_name = "file"
        constraints = [
            models.UniqueConstraint(fields=["version", "path"], name="registry_file_path_once"),
            models.CheckConstraint(
                condition=Q(offset=None, members=None) | Q(offset__gte=0, members__isnull=False),
                name="registry_file_has_a_place_or_none",
            ),
        ]
        triggers = [
            AppendOnlyExcept(
                mutable=("offset", "members", "redaction", "rewrite"),
                allowed_sql=f"({_IS_REDACTED}) OR ({_HAS_ITS_PLACE})",
            ),
            NoTruncate(),
            _only_while_pending("A file"),
        ]

    def __str__(self) -> str:
        return self.path


class Signature(models.Model):
    """An OpenSSF Model Signing bundle over the manifest of a version's artifact.

    ``bundle`` is the Sigstore bundle as JSON text, verified right after it was
    made; ``public_key`` the PEM that it verifies with. The newest one counts, and the older
    ones stay; one that is added to a ready version changes what decisions are about. One that
    came with the version from whoever brought it in is ``brought``; the others Aegis asked for.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="signatures")
    manifest_digest = models.CharField(max_length=64)
    key_name = models.CharField(max_length=120)
    key_version = models.CharField(max_length=20)
    key_hint = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=40)
    public_key = models.TextField()
    bundle = models.TextField()
    is_development = models.BooleanField()
    brought = models.OneToOneField(
        BroughtSignature,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="signature",
    )
    signed_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_at"]
        triggers = [
            *append_only(),
            signed_with_a_listed_key(brought="NEW.brought_id IS NOT NULL"),
            as_it_was_brought(),
            RaisesSubjectRevision(version="NEW.version_id AND state = 'ready'"),
        ]

    def __str__(self) -> str:
        return f"{self.key_name} over {self.manifest_digest[:12]}"
