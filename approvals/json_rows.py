"""Rows of other tables as JSON inside one statement, and records made of them.

A page that shows twenty kinds of rows so costs a handful of queries, not twenty.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Model, QuerySet
from django.db.models.functions import JSONObject

T = TypeVar("T")
Row = Mapping[str, Any]


def rows_as_json(rows: QuerySet[Any], record: type[Any], **renamed: str | None) -> ArraySubquery:
    """Return ``rows``, which name the outer one, as JSON objects with the fields of ``record``.

    A field stands for the column of its name unless ``renamed`` gives another, or None
    where the statement does not read it. A name that is no field is read besides.
    """
    columns: dict[str, str] = {name: name for name in record.__dataclass_fields__}
    for name, column in renamed.items():
        columns.pop(name, None)
        if column is not None:
            columns[name] = column
    objects = {name: F(column) for name, column in columns.items()}
    return ArraySubquery(rows.values(json=JSONObject(**objects)))


_READERS: Final[Mapping[object, Callable[[Any], Any]]] = {
    UUID: UUID,
    UUID | None: UUID,
    datetime: datetime.fromisoformat,
    datetime | None: datetime.fromisoformat,
}


def record_of(record: type[T], row: Row, **further: Any) -> T:
    """Make a record of a JSON object, whose keys and times came as text."""
    values = dict(further)
    fields = record.__dataclass_fields__  # type: ignore[attr-defined]  # Records are dataclasses.
    for name, field in fields.items():
        if name not in values:
            read = _READERS.get(field.type)
            value = row[name]
            values[name] = read(value) if read and value is not None else value
    return record(**values)


def keep_related(instance: Model, accessor: str, related: Iterable[Model]) -> None:
    """Let ``instance.<accessor>.all()`` return ``related``, as Django's prefetching does."""
    known = getattr(instance, accessor).get_queryset()
    known._result_cache = list(related)  # noqa: SLF001 -- What prefetch_related sets.
    known._prefetch_done = True  # noqa: SLF001
    instance.__dict__.setdefault("_prefetched_objects_cache", {})[accessor] = known
