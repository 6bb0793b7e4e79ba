"""The reference of the tables, written from the models themselves."""

import inspect
from collections.abc import Iterator

import pgtrigger
from django.apps import apps
from django.db import models

from aegis.database.grants import privileges_of

APPS = ("registry", "approvals", "imports", "accounts", "audit", "events")

_OPENING = """\
# Data model

Written by `make docs` from the models; a test holds that it is current. *May* lists what the
application's database role may do with a table, *Triggers* what the database itself refuses
there, whatever the application does.
"""


def render() -> str:
    """Return the reference as Markdown."""
    return "\n".join([_OPENING, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for label in APPS:
        yield f"## {label}\n"
        for model in apps.get_app_config(label).get_models():
            if not model._meta.proxy:
                yield from _section(model)


def _section(model: type[models.Model]) -> Iterator[str]:
    options = model._meta
    yield f"### {options.object_name}\n"
    yield inspect.cleandoc(model.__doc__ or "") + "\n"
    yield f"Table `{options.db_table}`. May: {privileges_of(model)}.\n"
    yield "| column | type | |\n|---|---|---|"
    for field in sorted(options.concrete_fields, key=lambda field: not field.primary_key):
        yield f"| `{field.column}` | {_type(field)} | {_remarks(field)} |"
    yield ""
    names = sorted(
        {constraint.name for constraint in options.constraints}
        | {f"{trigger.name} (trigger)" for trigger in _triggers(model)}
    )
    if names:
        yield "Held by: " + ", ".join(f"`{name}`" for name in names) + ".\n"


def _triggers(model: type[models.Model]) -> list[pgtrigger.Trigger]:
    found = list(getattr(model._meta, "triggers", []))
    for other in apps.get_models():
        if other._meta.proxy and other._meta.concrete_model is model:
            found += getattr(other._meta, "triggers", [])
    return found


def _type(field: "models.Field[object, object]") -> str:
    if isinstance(field, models.ForeignKey):
        return f"→ {field.related_model._meta.object_name}"
    return field.get_internal_type().removesuffix("Field")


def _remarks(field: "models.Field[object, object]") -> str:
    parts = []
    if field.primary_key:
        parts.append("key")
    elif field.unique:
        parts.append("unique")
    if field.null:
        parts.append("may be missing")
    if field.choices:
        parts.append(", ".join(f"`{value}`" for value, _ in field.flatchoices))
    if field.help_text:
        parts.append(str(field.help_text))
    return "; ".join(parts)
