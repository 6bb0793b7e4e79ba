"""The JSON Schemas of the report formats, and the check of a document against one."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from aegis import strict_json
from aegis.problems import Invalid

SCHEMAS: Final = {
    "aegis.evaluation-report/1": "evaluation-report-1.json",
    "aegis.bias-audit/1": "bias-audit-1.json",
    "aegis.load-check/1": "load-check-1.json",
}
_SHOWN: Final = 10


def validate(document: Any, format_name: str) -> None:
    """Raise ``Invalid`` with the pointer of each fault unless ``document`` keeps its format."""
    errors = sorted(_validator(format_name).iter_errors(document), key=_place)
    if not errors:
        return
    faults = [{"pointer": _place(error), "sentence": _sentence(error)} for error in errors[:_SHOWN]]
    first = faults[0]
    raise Invalid(
        "report_breaks_schema",
        f"{first['sentence']}, at {first['pointer'] or 'the top of the document'}.",
        mend=f"Mend the report; its format is {format_name}.",
        details={"pointer": first["pointer"], "faults": faults},
    )


def schema_text(format_name: str) -> str:
    """Return the JSON Schema of a format, as it is published."""
    return files(__name__).joinpath(SCHEMAS[format_name]).read_text("utf-8")


@cache
def _validator(format_name: str) -> Draft202012Validator:
    schemas = [json.loads(schema_text(name)) for name in SCHEMAS]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    checker = FormatChecker(formats=())
    checker.checks("date-time")(_is_instant)
    schema = json.loads(schema_text(format_name))
    return Draft202012Validator(schema, registry=registry, format_checker=checker)


def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    return moment.tzinfo is not None and "T" in value.upper()


def _place(error: ValidationError) -> str:
    place = ""
    for key in error.absolute_path:
        place = strict_json.pointer(place, key)
    return place


def _sentence(error: ValidationError) -> str:
    """Say what is wrong without repeating values, which may be long or private."""
    describe = _SENTENCES.get(str(error.validator))
    return describe(error) if describe else f"The value breaks the rule {error.validator}"


def _names(keys: Iterable[Any]) -> str:
    return ", ".join(sorted(str(key)[:80] for key in keys))


def _missing(error: ValidationError) -> str:
    needed: Any = error.validator_value
    given: Any = error.instance
    return f"There is no {_names(key for key in needed if key not in given)}"


def _unknown(error: ValidationError) -> str:
    schema: Any = error.schema
    given: Any = error.instance
    return f"The format knows no {_names(key for key in given if key not in schema['properties'])}"


def _alternatives(error: ValidationError) -> str:
    choices: Any = error.validator_value
    return f"One of {', '.join(_names(choice['required']) for choice in choices)} is needed"


_SENTENCES: Final[dict[str, Callable[[ValidationError], str]]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "anyOf": _alternatives,
    "type": lambda error: f"The value must be of the type {error.validator_value}",
    "enum": lambda error: f"The value must be one of {error.validator_value}",
    "const": lambda error: f"The value must be {error.validator_value}",
    "format": lambda _: "The value must be a time by RFC 3339 with a time zone",
    "pattern": lambda error: f"The text must match {error.validator_value}",
    "minLength": lambda _: "The text must not be empty",
    "maxLength": lambda error: f"The text has more than {error.validator_value} characters",
    "minItems": lambda error: f"The list needs at least {error.validator_value} entries",
    "maxItems": lambda error: f"The list has more than {error.validator_value} entries",
    "minimum": lambda error: f"The number must be at least {error.validator_value}",
    "maximum": lambda error: f"The number must be at most {error.validator_value}",
    "exclusiveMinimum": lambda error: f"The number must be more than {error.validator_value}",
    "exclusiveMaximum": lambda error: f"The number must be less than {error.validator_value}",
}
