"""What the database itself refuses of the registry: to the application and to the owner."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connections, models, transaction
from django.utils import timezone
from psycopg import errors

from aegis.firm import AppendOnly, AppendOnlyExcept, Frozen, NoDelete
from registry.aliases import set_alias
from registry.cards_publishing import publish_card
from registry.downloads import note_download
from registry.evidence import attach_evidence, attest, claim_tag
from registry.metric_definitions import define_default_metrics
from registry.models import (
    Alias,
    ArtifactFile,
    MetricDefinition,
    ModelVersion,
    Quarantine,
    Recall,
    RedactionJob,
    RegisteredModel,
    SigningJob,
    SigningKey,
    SigningKeyVersion,
    Upload,
)
from registry.models.versions import MUTABLE_WHEN_READY
from registry.provenance import Origin, record_provenance
from registry.redacting import due_jobs, run_job
from registry.redaction_statements import sign_owed
from registry.resigning import sign_again
from registry.reverification import verify_now
from registry.revocations import publish
from registry.waivers import approve_waiver, propose_waiver
from tests.approvals.making import new_conversion
from tests.cast import Cast
from tests.registry import making, redacting, scanning

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def guarded_by(kind: type[Any]) -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_app_config("registry").get_models()
        if any(isinstance(trigger, kind) for trigger in getattr(model._meta, "triggers", []))
    ]


APPEND_ONLY = guarded_by(AppendOnly)
STAYS = "is never changed or removed"
FROZEN_IN_PART = {
    RegisteredModel: {
        "description", "task", "framework", "tags", "risk_tier", "visibility", "updated_at",
    },
    Upload: {"state", "version_id", "expires_at"},
    MetricDefinition: {"title", "description", "ideal"},
    SigningKey: {"description", "risk_tiers", "is_default", "retired_at"},
    SigningKeyVersion: {"compromised_at", "compromised_by_id", "compromised_reason"},
    SigningJob: {
        "state", "lease_until", "fence", "delayed_since", "error_code", "error", "finished_at",
        "signature_id",
    },
    RedactionJob: {"lease_until", "fence", "error_code", "error", "finished_at"},
    Quarantine: {"lifted_at", "lifted_by_id", "lifted_because"},
    ModelVersion: set(MUTABLE_WHEN_READY),
}  # fmt: skip
"""The tables of which some columns change, and which those are."""
BY_OTHER_RULES = {"stage", "stage_sequence", "quarantined_at"}
"""They change, but along a recorded transition alone."""
NEW_VALUE = {
    "uuid": "gen_random_uuid()",
    "text": "{0} || 'x'",
    "character varying": "left(md5({0}), {1})",
    "integer": "coalesce({0}, 0) + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "smallint": "coalesce({0}, 0) + 1",
    "double precision": "coalesce({0}, 0) + 1",
    "boolean": "NOT {0}",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 day'",
    "jsonb": "'{{\"changed\": true}}'::jsonb",
    "ARRAY": "ARRAY[1, 2]",
}


@pytest.fixture
def filled(cast: Cast, model: RegisteredModel, version: ModelVersion) -> ModelVersion:
    """A ready version with a committed row in every table of the registry."""
    publish_card(version, actor=cast.mina, sections={"overview": "Ranks."}, based_on=0)
    making.record_fact(version, actor=cast.mina, name="licence", value="MIT")
    making.attach(version, cast.mina)
    claim_tag(version, actor=cast.mina, name="evaluated")
    review = attach_evidence(
        version, actor=cast.mina, kind="validation", title="Checked", file=making.file(b"well")
    )
    attest(review, actor=cast.rita, verdict="pass", comment="It holds.")
    set_alias(model, "dev-next", actor=cast.mina, version=version)
    define_default_metrics()
    sign_again(version, actor=cast.marc)
    verify_now(version)
    record_provenance(
        version,
        actor=cast.mina,
        origin=Origin("hub:acme/tiny@c0ffee", "acme/tiny", "", is_complete=True, document={}),
    )
    new_conversion(version, cast.mina)
    note_download(version, actor=cast.mina, token=None)
    publish()
    scanning.rescan(version, scanning.unknown(version))
    waiver = propose_waiver(
        version,
        actor=cast.marc,
        path="config.json",
        reason="I read it.",
        expires_at=timezone.now() + timedelta(days=30),
    )
    approve_waiver(waiver, actor=cast.rita, authenticated_at=timezone.now())
    for path in ("config.json", "model/weights.bin"):
        redaction = redacting.propose(version, cast.mina, "file", path)
        redacting.agree(redaction, cast.rita)
    for job in due_jobs()[:1]:
        run_job(job.pk)
    sign_owed()
    other = making.new_version(model, cast.mina, {"other.bin": making.weights(b"other")})
    Recall.objects.create(version=other, reason="It leaks.", recalled_by=cast.marc)
    version.refresh_from_db()
    return version


def columns_of(model: type[models.Model]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        yield field.column


def columns_of_tombstone(model: type[models.Model]) -> set[str]:
    """Return the columns of which the trigger, not the missing right, says when they change."""
    return {
        column
        for trigger in getattr(model._meta, "triggers", [])
        if isinstance(trigger, AppendOnlyExcept)
        for column in trigger.columns(model)
    }


def run(alias: str, statement: str, *values: Any) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement, values)


def changing(model: type[models.Model], column: str) -> str:
    """Return the statement that changes a column of every row to another value."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT data_type, character_maximum_length FROM information_schema.columns"
            " WHERE table_name = %s AND column_name = %s",
            [model._meta.db_table, column],
        )
        kind, length = cursor.fetchone()
    new = NEW_VALUE[kind].format(f'"{column}"', length)
    return f'UPDATE {model._meta.db_table} SET "{column}" = {new}'


def refused(alias: str, statement: str, words: str) -> None:
    with pytest.raises(DatabaseError, match=words):
        run(alias, statement)


def test_rows_that_are_only_added_are_never_changed_or_removed(filled: ModelVersion) -> None:
    assert {model.__name__ for model in APPEND_ONLY} == {
        *("AliasChange", "Artifact", "ArtifactFile", "Attestation", "CardRevision"),
        *("ComplianceTag", "Evidence", "Metric", "PackageCheck", "Signature", "VersionFact"),
        *("DownloadEvent", "RevocationList", "ScanReport", "ScanWaiver", "ScanWaiverAnswer"),
        *("PackageRewrite", "Redaction", "RedactionDecision", "RedactionStatement", "Recall"),
        *("Comparison", "Derivation", "Provenance"),
    }
    for model in APPEND_ONLY:
        table = model._meta.db_table
        assert model._default_manager.exists(), table
        tombstone = columns_of_tombstone(model)
        for column in columns_of(model):
            statement = changing(model, column)
            refused("default", statement, STAYS if column in tombstone else "permission denied")
            refused("owner", statement, STAYS)
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"):
            refused("default", statement, "permission denied")
            refused("owner", statement, "never changed or removed|never emptied|foreign key")


@pytest.mark.parametrize("frozen", list(FROZEN_IN_PART))
def test_every_column_that_is_not_listed_is_frozen(
    filled: ModelVersion, frozen: type[models.Model]
) -> None:
    allowed = FROZEN_IN_PART[frozen]
    table = frozen._meta.db_table
    assert allowed <= set(columns_of(frozen))
    for alias in ("default", "owner"):
        for column in set(columns_of(frozen)) - allowed:
            refused(alias, changing(frozen, column), "does not change|is never")
        refused(alias, f"DELETE FROM {table}", "permission denied|is never removed|never removed")


def test_the_tables_that_are_frozen_in_part_are_all_listed() -> None:
    in_part = {*guarded_by(Frozen)} - set(APPEND_ONLY)

    assert in_part | {ModelVersion} == set(FROZEN_IN_PART)
    assert ModelVersion in guarded_by(NoDelete)


def test_the_rest_of_a_ready_version_changes_by_its_own_rules(filled: ModelVersion) -> None:
    for alias in ("default", "owner"):
        for column in BY_OTHER_RULES:
            words = "only along a recorded transition|stage|as its quarantines say"
            refused(alias, changing(ModelVersion, column), words)
        statement = "UPDATE registry_modelversion SET subject_revision = subject_revision - 1"
        refused(alias, statement, "only grows")
        for state in ("pending", "failed"):
            refused(alias, f"UPDATE registry_modelversion SET state = '{state}'", "does not change")


def test_the_orm_is_refused_too(filled: ModelVersion) -> None:
    for model in APPEND_ONLY:
        rows = model._default_manager.all()
        row = rows[0]
        field = next(
            one
            for one in model._meta.concrete_fields
            if not one.primary_key and one.column not in columns_of_tombstone(model)
        )
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows.update(**{field.attname: getattr(row, field.attname)})
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            model._default_manager.bulk_update([row], [field.name])
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            row.save(force_update=True)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows._raw_delete("default")  # type: ignore[attr-defined]  # Past Django's PROTECT.
    _the_orm_changes_no_ready_version(filled)


def _the_orm_changes_no_ready_version(version: ModelVersion) -> None:
    rows = ModelVersion.objects.filter(pk=version.pk)
    for changes in (
        {"digest": "0" * 64},
        {"label": "other"},
        {"state": "pending"},
        {"stage": "Production", "stage_sequence": 1},
        {"description": "better"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**changes)
    version.description = "better"
    with pytest.raises(IntegrityError), transaction.atomic():
        version.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.bulk_update([version], ["description"])
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        rows._raw_delete("default")


def test_no_setting_helps(filled: ModelVersion) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        for statement in (
            "SET session_replication_role = replica",
            "CREATE TEMP TABLE registry_modelversion (id uuid)",
            "CREATE TEMP TABLE registry_artifact (version_id uuid)",
            "CREATE TABLE public.shadow (id uuid)",
            "CREATE SCHEMA shadow",
            "ALTER TABLE registry_modelversion DISABLE TRIGGER ALL",
            "ALTER TABLE registry_artifact DISABLE TRIGGER USER",
            "ALTER TABLE registry_evidence OWNER TO CURRENT_USER",
            "DROP TABLE registry_metric",
            "CREATE FUNCTION public.now() RETURNS int AS 'SELECT 1' LANGUAGE sql",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                session.execute(statement)
        _no_trigger_is_dropped(session)
        _no_right_is_granted(session)
        _ignoring_helps_nobody(session)


def _no_trigger_is_dropped(session: psycopg.Connection) -> None:
    found = session.execute(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgname LIKE 'pgtrigger%' AND tgrelid::regclass::text LIKE 'registry%'"
    ).fetchall()
    assert len(found) > 20
    for trigger, table in found:
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute(f"DROP TRIGGER {trigger} ON {table}")


def _no_right_is_granted(session: psycopg.Connection) -> None:
    # PostgreSQL only warns where there is nothing to grant; the right is not there after it.
    session.execute("GRANT UPDATE ON registry_metric TO CURRENT_USER")
    with pytest.raises(errors.InsufficientPrivilege):
        session.execute("UPDATE registry_metric SET value = 1")


def _ignoring_helps_nobody(session: psycopg.Connection) -> None:
    triggers = session.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'")
    names = [name for (name,) in triggers]
    assert len(names) > 40
    ignored = "{" + ",".join(f"public.{name},{name}" for name in names) + "}"
    session.execute("SELECT set_config('pgtrigger.ignore', %s, false)", [ignored])
    session.execute("SET search_path = pg_temp, public")
    for statement in (
        "UPDATE registry_modelversion SET digest = repeat('0', 64)",
        "UPDATE registry_modelversion SET subject_revision = 0",
        "UPDATE registry_modelversion SET stage = 'Production', stage_sequence = 1",
        "UPDATE registry_registeredmodel SET name = 'other'",
        "UPDATE registry_registeredmodel SET risk_tier = 3",
        "UPDATE registry_upload SET owner_id = gen_random_uuid()",
        "UPDATE registry_metricdefinition SET direction = 'lower' WHERE direction = 'higher'",
    ):
        with pytest.raises(errors.RestrictViolation):
            session.execute(statement)


def test_a_version_takes_the_next_number_and_is_born_pending(
    cast: Cast, model: RegisteredModel
) -> None:
    def born(**changes: Any) -> None:
        said = {
            "registered_model": model,
            "number": 1,
            "source": "upload",
            "created_by": cast.mina,
            **changes,
        }
        ModelVersion.objects.create(**said)

    for changes, words in (
        ({"number": 2}, "The next version of this model is number 1"),
        ({"number": 0}, "The next version of this model is number 1"),
        ({"state": "ready"}, "born pending"),
        ({"stage": "Production"}, "born pending"),
        ({"subject_revision": 9}, "born pending"),
        ({"digest": "0" * 64}, "born pending"),
    ):
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            born(**changes)
    born()
    with pytest.raises(IntegrityError), transaction.atomic():
        born()


def test_nothing_is_ready_without_its_artifact_signed(cast: Cast, pending: ModelVersion) -> None:
    with pytest.raises(IntegrityError, match="only with its artifact signed"):
        ModelVersion.objects.filter(pk=pending.pk).update(state="ready", digest="0" * 64)


def test_nothing_is_added_to_the_artifact_of_a_ready_version(filled: ModelVersion) -> None:
    with pytest.raises(IntegrityError, match="only while the version is importing"):
        ArtifactFile.objects.create(version=filled, path="more", size=1, sha256="0" * 64)


def test_a_manifest_has_the_digest_of_its_bytes(cast: Cast, pending: ModelVersion) -> None:
    with pytest.raises(DatabaseError, match="not that of its bytes"):
        run(
            "default",
            "INSERT INTO registry_artifact (version_id, key, layout, sha256, size, manifest,"
            " manifest_digest, created_at) VALUES (%s, 'k', 'tar-1', '', 1, '{}', %s, now())",
            pending.pk,
            "0" * 64,
        )


def test_an_alias_names_a_version_of_its_own_model(cast: Cast, filled: ModelVersion) -> None:
    other = making.new_model(cast, "other")

    with pytest.raises(IntegrityError, match="of its own model"):
        Alias.objects.create(registered_model=other, name="dev-1", version=filled, set_by=cast.mina)


@pytest.mark.parametrize(
    ("evidence", "words"),
    [("validation", None), ("security_review", "needs passing evidence")],
)
def test_a_compliance_tag_rests_on_passing_evidence_whatever_a_verb_forgets(
    cast: Cast, filled: ModelVersion, evidence: str, words: str | None
) -> None:
    attach_evidence(
        filled, actor=cast.mina, kind="security_review", title="Open", file=making.file(b"?")
    )
    found = filled.evidence.get(kind=evidence)
    statement = (
        "INSERT INTO registry_compliancetag (version_id, name, evidence_id, claimed_by_id,"
        " claimed_at) VALUES (%s, 'claimed', %s, %s, now())"
    )
    values = (filled.pk, found.pk, cast.mina.pk)
    if words is None:
        run("default", statement, *values)
    else:
        with pytest.raises(DatabaseError, match=words):
            run("default", statement, *values)


def test_who_made_it_attests_nothing_whatever_a_verb_forgets(
    cast: Cast, filled: ModelVersion
) -> None:
    review = attach_evidence(
        filled, actor=cast.marc, kind="security_review", title="Open", file=making.file(b"?")
    )
    statement = (
        "INSERT INTO registry_attestation (id, evidence_id, verdict, comment, attested_by_id,"
        " attested_at) VALUES (gen_random_uuid(), %s, 'pass', 'x', %s, now())"
    )
    for maker in (cast.mina, cast.marc):
        with pytest.raises(DatabaseError, match="cannot attest it"):
            run("default", statement, review.pk, maker.pk)
    read = filled.evidence.get(kind="evaluation_report")
    with pytest.raises(DatabaseError, match="was read from the file"):
        run("default", statement, read.pk, cast.rita.pk)


def test_everything_that_decisions_are_about_raises_the_subject_revision(
    cast: Cast, version: ModelVersion, data_folder: Path
) -> None:
    seen = [version.subject_revision]

    def raised() -> bool:
        version.refresh_from_db()
        seen.append(version.subject_revision)
        return seen[-1] > seen[-2]

    publish_card(version, actor=cast.mina, sections={"overview": "Ranks."}, based_on=0)
    assert raised()
    making.record_fact(version, actor=cast.mina, name="licence", value="MIT")
    assert raised()
    making.record_metric(version, actor=cast.mina, name="f1", value=0.5)
    assert raised()
    evidence = attach_evidence(
        version, actor=cast.mina, kind="validation", title="Checked", file=making.file(b"well")
    )
    assert raised()
    attest(evidence, actor=cast.rita, verdict="pass", comment="It holds.")
    assert raised()
    claim_tag(version, actor=cast.mina, name="validated")
    assert raised()
