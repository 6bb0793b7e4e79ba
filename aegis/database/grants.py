"""What the application's database role may do: all of it is here.

The role owns nothing. It reads and adds everywhere, changes and removes only
where the model's triggers do not forbid that, and touches no migration record.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from aegis.firm import AppendOnly, AppendOnlyExcept, NoDelete

READ_ONLY_TABLES = ("django_migrations", "django_content_type", "auth_permission")


def privileges_of(model: type[models.Model]) -> str:
    """Return the SQL list of privileges of the application on the table of ``model``."""
    if model._meta.db_table in READ_ONLY_TABLES:
        return "SELECT"
    triggers = getattr(model._meta, "triggers", [])
    for trigger in triggers:
        if isinstance(trigger, AppendOnlyExcept):
            columns = ", ".join(f'"{column}"' for column in trigger.columns(model))
            return f"SELECT, INSERT, UPDATE ({columns})"
    if any(isinstance(trigger, AppendOnly) for trigger in triggers):
        return "SELECT, INSERT"
    if any(isinstance(trigger, NoDelete) for trigger in triggers):
        return "SELECT, INSERT, UPDATE"
    return "SELECT, INSERT, UPDATE, DELETE"


def _tables() -> Iterator[tuple[str, str]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model._meta.db_table, privileges_of(model)


def _existing(cursor: CursorWrapper) -> set[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in cursor.fetchall()}


def apply_grants(connection: BaseDatabaseWrapper, role: str) -> None:
    """Give ``role`` its privileges on every table, and take away all others.

    ``connection`` is the owner's.
    """
    quote = connection.ops.quote_name
    name = quote(role)
    with connection.cursor() as cursor:
        existing = _existing(cursor)
        database = quote(connection.settings_dict["NAME"])
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}, PUBLIC")
        cursor.execute(f"REVOKE CREATE ON SCHEMA public FROM {name}, PUBLIC")
        cursor.execute(f"REVOKE TEMPORARY, CREATE ON DATABASE {database} FROM {name}, PUBLIC")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
        granted = {table: privileges for table, privileges in _tables() if table in existing}
        granted.setdefault("django_migrations", "SELECT")
        for table in existing - granted.keys():  # The cache table belongs to no model.
            granted[table] = "SELECT, INSERT, UPDATE, DELETE"
        for table, privileges in granted.items():
            cursor.execute(f"GRANT {privileges} ON {quote(table)} TO {name}")
