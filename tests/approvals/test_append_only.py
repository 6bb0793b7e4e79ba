"""Rows of approvals that are never changed or removed: by nobody, and around no corner."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections, models, transaction
from psycopg import errors

from aegis.firm import AppendOnly
from approvals.decisions import comment_on
from approvals.refreshing import refresh
from registry.models import ModelVersion
from tests.approvals import making
from tests.cast import Cast

TABLES = [
    model
    for model in apps.get_app_config("approvals").get_models()
    if any(isinstance(trigger, AppendOnly) for trigger in getattr(model._meta, "triggers", []))
]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def history(cast: Cast, version: ModelVersion) -> None:
    """A committed row in every table of approvals."""
    making.into_production(version, cast)
    second = making.new_version(version.registered_model, cast.mina)
    request = making.ask(second, cast.mina)
    comment_on(request, actor=cast.vera, body="Fine.")
    making.say(request, cast.rita)
    making.write_card(second, cast.mina, "More.")
    refresh(request)


def columns() -> Iterator[tuple[type[models.Model], str]]:
    for model in TABLES:
        for field in model._meta.concrete_fields:
            yield model, field.column


def test_nobody_changes_a_row_once_it_is_there(history: None) -> None:
    assert len(TABLES) == 9
    for model in TABLES:
        assert model._default_manager.exists(), model
    _no_column_is_updated_by("default", "permission denied|is never changed or removed")
    _no_column_is_updated_by("owner", "is never changed or removed")
    _no_row_is_removed_by("default", "permission denied")
    _no_row_is_removed_by("owner", "is never changed or removed|are never emptied|foreign key")
    _the_orm_is_refused_too()
    _no_setting_helps()


def _no_column_is_updated_by(alias: str, words: str) -> None:
    for model, column in columns():
        table, name = model._meta.db_table, column
        with pytest.raises(DatabaseError, match=words):
            _run(alias, f'UPDATE {table} SET "{name}" = "{name}"')


def _no_row_is_removed_by(alias: str, words: str) -> None:
    for model in TABLES:
        for statement in ("DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"):
            with pytest.raises(DatabaseError, match=words):
                _run(alias, statement.format(model._meta.db_table))


def _the_orm_is_refused_too() -> None:
    for model in TABLES:
        rows = model._default_manager.all()
        row = rows[0]
        field = next(one for one in model._meta.concrete_fields if not one.primary_key)
        assert field.name not in {"comment", "body", "redaction"}
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows.update(**{field.attname: getattr(row, field.attname)})
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            model._default_manager.bulk_update([row], [field.name])
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            row.save(force_update=True)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows._raw_delete("default")  # type: ignore[attr-defined]  # Past Django's PROTECT.


def _no_setting_helps() -> None:
    """Try the ways around triggers that PostgreSQL and pgtrigger know, in a session of our own."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute("SET session_replication_role = replica")
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute("CREATE TEMP TABLE registry_modelversion (id uuid)")
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute("CREATE TABLE approvals_shadow (id uuid)")
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute("ALTER TABLE approvals_decision DISABLE TRIGGER ALL")
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute("SET ROLE " + settings.DATABASES["owner"]["USER"])
        _ignoring_helps_nobody(session)
    with (
        psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as session,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        session.execute("SET session_replication_role = replica")


def _ignoring_helps_nobody(session: psycopg.Connection) -> None:
    triggers = session.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'")
    names = [name for (name,) in triggers]
    assert len(names) > 20
    ignored = "{" + ",".join(f"public.{name},{name}" for name in names) + "}"
    session.execute("SELECT set_config('pgtrigger.ignore', %s, false)", [ignored])
    move = "UPDATE registry_modelversion SET stage = 'Staging', stage_sequence = stage_sequence + 1"
    with pytest.raises(errors.RestrictViolation, match="only along a recorded transition"):
        session.execute(move)
    asked = "UPDATE approvals_promotionrequest SET state = %s, reason = ''"
    for state in ("open", "promoting", "promoted"):
        with pytest.raises(errors.RestrictViolation):
            session.execute(asked, [state])
    with pytest.raises(errors.RestrictViolation):
        session.execute("UPDATE registry_modelversion SET subject_revision = 0")


def _run(alias: str, statement: str) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)
