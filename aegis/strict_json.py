"""JSON as the registry takes it: what two parsers could read differently is refused.

Duplicate keys, numbers that are not finite, integers that no IEEE double holds
exactly, NUL and lone surrogates are refused with the JSON pointer (RFC 6901) of
the place, so that the bytes that were hashed have one meaning.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from aegis.problems import Invalid

DEPTH: Final = 64
LARGEST_INTEGER: Final = 2**53 - 1
_LONGEST_INTEGER: Final = len("-999999999999999999999")


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A number that the parser met and that must not go on as one."""

    text: str


class _Object(dict[str, Any]):
    """A JSON object that remembers the first key that it was given twice."""

    duplicate: str | None = None


def loads(data: bytes | str, *, limit: int | None = None) -> Any:
    """Return the value of a JSON text in UTF-8, or refuse it as ``Invalid`` with a pointer.

    ``limit`` is the most bytes that are read at all.
    """
    if limit is not None and len(data) > limit:
        raise Invalid(
            "json_too_large", f"The JSON has {len(data):,} bytes; at most {limit:,} are read."
        )
    value = _parse(data)
    check(value)
    return value


def check(value: Any) -> None:
    """Refuse a value, parsed already, that strict JSON could not have held."""
    for place, sentence, code in _faults(value, ""):
        where = place or "the top of the document"
        raise Invalid(code, f"{sentence}, at {where}.", details={"pointer": place})


def pointer(base: str, key: str | int) -> str:
    """Return the JSON pointer of ``key`` below ``base``."""
    return f"{base}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _parse(data: bytes | str) -> Any:
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(
            text,
            parse_constant=_Unreadable,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise Invalid("json_not_utf8", f"Byte {error.start} of the JSON is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise Invalid(
            "json_malformed",
            f"This is no JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
            details={"line": error.lineno, "column": error.colno},
        ) from error
    except RecursionError as error:
        raise _too_deep("") from error


def _float(text: str) -> float | _Unreadable:
    number = float(text)
    return number if math.isfinite(number) else _Unreadable(text)


def _integer(text: str) -> int | float | _Unreadable:
    """Return an integer as ``int`` up to 2^53 - 1; beyond, only the spelling of a double is one."""
    if len(text) > _LONGEST_INTEGER:
        return _Unreadable(text)
    number = int(text)
    if abs(number) <= LARGEST_INTEGER:
        return number
    # The canonical form writes doubles below 1e21 as integers, so those have to be read again.
    return float(text) if rfc8785.dumps(float(text)) == text.encode() else _Unreadable(text)


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object()
    for key, value in pairs:
        if key in result and result.duplicate is None:
            result.duplicate = key
        result[key] = value
    return result


def _too_deep(place: str) -> Invalid:
    return Invalid(
        "json_too_deep",
        f"The JSON is nested deeper than {DEPTH} levels.",
        details={"pointer": place},
    )


def _faults(value: Any, place: str, depth: int = 0) -> Iterator[tuple[str, str, str]]:
    if depth > DEPTH:
        raise _too_deep(place)
    if isinstance(value, dict):
        yield from _object_faults(value, place, depth)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, pointer(place, index), depth + 1)
    elif isinstance(value, str):
        yield from _text_faults(value, place)
    elif not isinstance(value, bool | None):
        yield from _number_faults(value, place)


def _object_faults(value: dict[str, Any], place: str, depth: int) -> Iterator[tuple[str, str, str]]:
    duplicate = getattr(value, "duplicate", None)
    if duplicate is not None:
        yield pointer(place, duplicate), "A key is given twice", "json_duplicate_key"
    for key, item in value.items():
        below = pointer(place, key)
        yield from _text_faults(key, below)
        yield from _faults(item, below, depth + 1)


def _text_faults(text: str, place: str) -> Iterator[tuple[str, str, str]]:
    if "\0" in text:
        yield place, "A text holds a NUL character", "json_nul"
    if any("\ud800" <= character <= "\udfff" for character in text):
        # The pointer goes into an answer in UTF-8, so it must not carry the surrogate on.
        readable = place.encode("utf-8", "replace").decode()
        yield readable, "A text holds half of a surrogate pair", "json_surrogate"


def _number_faults(value: Any, place: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, float):
        if not math.isfinite(value):
            yield place, "A number is not finite", "json_number_not_finite"
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            yield place, "No IEEE double holds this integer", "json_number_too_large"
    elif isinstance(value, _Unreadable) and value.text.lstrip("-").isdigit():
        yield place, "No IEEE double holds this integer", "json_number_too_large"
    else:
        yield place, "A number is not finite", "json_number_not_finite"
