"""Triggers that the application cannot switch off.

Stock pgtrigger functions begin with a check of the setting ``pgtrigger.ignore``,
which any role may set. ``Firm`` renders its own SQL: without that check, with a
fixed ``search_path`` (so that a TEMP table of the same name is not seen), and
``ENABLE ALWAYS`` (so that ``session_replication_role`` does not matter).
"""

from typing import Any

import pgtrigger
from django.db import models
from pgtrigger import compiler

REFUSED = "restrict_violation"  # SQLSTATE 23001: Django raises IntegrityError.


class FirmTriggerSql(compiler.UpsertTriggerSql):
    """The SQL of a firm trigger. Migrations refer to it, so a change needs a new class."""

    def get_template(self) -> str:
        """Return the installation template of pgtrigger's compiler, made firm."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            ALTER TABLE {table} ENABLE ALWAYS TRIGGER {pgid};
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Firm(pgtrigger.Trigger):
    """A trigger without pgtrigger's way around it."""

    def compile(self, model: models.Model) -> compiler.Trigger:
        """Render the trigger for ``model`` with the firm template."""
        return compiler.Trigger(
            name=self.name,
            sql=FirmTriggerSql(
                pgid=self.get_pgid(model),
                declare=self.render_declare(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                constraint="CONSTRAINT" if self.timing else "",
                when=self.when,
                operation=self.operation,
                timing=f"DEFERRABLE INITIALLY {self.timing}" if self.timing else "",
                referencing=self.referencing or "",
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


def refuse(sentence: str, *values: str) -> str:
    """Return the PL/pgSQL that refuses the statement with ``sentence``.

    Each ``%`` in the sentence is filled with the SQL expression in ``values``.
    """
    quoted = sentence.replace("'", "''")
    arguments = "".join(f", {value}" for value in values)
    return f"RAISE EXCEPTION '{quoted}'{arguments} USING ERRCODE = '{REFUSED}';"


def columns_of(model: models.Model | type[models.Model], fields: tuple[str, ...]) -> list[str]:
    """Return the names of the columns that hold ``fields``."""
    found = [model._meta.get_field(name) for name in fields]
    return [str(field.column) for field in found if isinstance(field, models.Field)]


def _array(columns: list[str]) -> str:
    listed = ", ".join(f"'{column}'" for column in columns)
    return f"ARRAY[{listed}]::text[]"


class AppendOnly(Firm):
    """Rows are added and never changed or removed."""

    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete

    def __init__(self, *, name: str = "append_only", **options: Any) -> None:
        super().__init__(name=name, **options)

    def get_func(self, model: models.Model) -> str:
        """Refuse every change of a row."""
        what = str(model._meta.verbose_name)
        return refuse(f"A {what} is never changed or removed.")


class AppendOnlyExcept(AppendOnly):
    """Rows are added and never removed; one UPDATE is let through, where ``allowed_sql`` holds.

    It changes nothing but the columns of the fields ``mutable``; the condition speaks of OLD and
    NEW. The application may update just these columns.
    """

    def __init__(self, *, mutable: tuple[str, ...], allowed_sql: str, **options: Any) -> None:
        super().__init__(**options)
        self.mutable = mutable
        self.allowed_sql = allowed_sql

    def columns(self, model: models.Model | type[models.Model]) -> list[str]:
        """Return the names of the columns that may change."""
        return columns_of(model, self.mutable)

    def get_func(self, model: models.Model) -> str:
        """Refuse every change of a row but the one."""
        removed = _array(self.columns(model))
        return f"""
            IF TG_OP = 'UPDATE'
               AND (to_jsonb(NEW) - {removed}) = (to_jsonb(OLD) - {removed})
               AND ({self.allowed_sql}) THEN
                RETURN NEW;
            END IF;
            {super().get_func(model)}
        """


class NoDelete(Firm):
    """Rows are never removed."""

    when = pgtrigger.Before
    operation = pgtrigger.Delete

    def __init__(self, *, name: str = "no_delete", **options: Any) -> None:
        super().__init__(name=name, **options)

    def get_func(self, model: models.Model) -> str:
        """Refuse every removal of a row."""
        return refuse(f"A {model._meta.verbose_name} is never removed.")


class NoTruncate(Firm):
    """The table is never emptied."""

    when = pgtrigger.Before
    operation = pgtrigger.Truncate
    level = pgtrigger.Statement

    def __init__(self, *, name: str = "no_truncate", **options: Any) -> None:
        super().__init__(name=name, **options)

    def get_func(self, model: models.Model) -> str:
        """Refuse TRUNCATE."""
        return refuse(f"The {model._meta.verbose_name_plural} are never emptied.")


class Frozen(Firm):
    """Only the columns of the fields ``mutable`` change, where ``condition_sql`` holds for OLD.

    The whole row is compared, so a column that is added later is frozen until
    somebody lists it.
    """

    when = pgtrigger.Before
    operation = pgtrigger.Update

    def __init__(
        self, *, mutable: tuple[str, ...] = (), condition_sql: str = "TRUE", **options: Any
    ) -> None:
        options.setdefault("name", "frozen")
        super().__init__(**options)
        self.mutable = mutable
        self.condition_sql = condition_sql

    def get_func(self, model: models.Model) -> str:
        """Compare OLD and NEW without the mutable columns."""
        removed = _array(columns_of(model, self.mutable))
        sentence = refuse(f"This part of a {model._meta.verbose_name} does not change any more.")
        return f"""
            IF ({self.condition_sql})
               AND (to_jsonb(NEW) - {removed}) IS DISTINCT FROM (to_jsonb(OLD) - {removed}) THEN
                {sentence}
            END IF;
            RETURN NEW;
        """


def append_only() -> list[pgtrigger.Trigger]:
    """Return the triggers of a table that only grows."""
    return [AppendOnly(), NoTruncate()]
