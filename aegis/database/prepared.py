"""Statements that are written and planned once, and then only run.

Django writes the SQL of a query anew each time, and its cursors put the values into the text, so
that PostgreSQL plans it anew. For what is asked all day both take far longer than the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet


class _Preparing(psycopg.Cursor[Any]):
    """Prepares what it executes, the first time already."""

    def execute(self, *args: Any, **further: Any) -> Self:
        """Execute a statement that the session has prepared, or prepares now."""
        return super().execute(*args, prepare=True, **further)


def preparing_cursor() -> CursorWrapper:
    """Open a cursor on the session that Django holds; it is counted and logged as Django's are."""
    connection.ensure_connection()
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return wrap(_Preparing(connection.connection))  # type: ignore[arg-type]  # It wraps any cursor.


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """The SQL of a queryset that was made with stand-ins for the keys that it is about."""

    statement: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, rows: QuerySet[Any, Any]) -> Self:
        """Return the query of ``rows``, which nothing is read from."""
        return cls(*rows.query.sql_with_params())

    def rows(self, meant: Mapping[UUID, UUID]) -> list[tuple[Any, ...]]:
        """Return the rows where ``meant`` says which key each stand-in is."""
        values = [
            meant.get(value, value) if isinstance(value, UUID) else value
            for value in self.parameters
        ]
        with preparing_cursor() as cursor:
            cursor.execute(self.statement, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
