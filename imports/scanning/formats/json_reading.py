"""JSON with one meaning: no key twice, not too deep, and no number that takes long to read."""

import json
from typing import Any, Final

from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

DEPTH: Final = 200
_LONGEST_INTEGER: Final = 400


class _DuplicateKeyError(ValueError):
    """A key is given twice, so that two readers may see two values."""


def read_json(data: bytes, source: Source, inner: str = "") -> dict[str, Any]:
    """Return the JSON object that ``data`` is, or raise ``Malformed``."""
    value = read_any_json(data, source, inner)
    if not isinstance(value, dict):
        raise malformed(source, "json_not_object", "The JSON is no object.", inner)
    return value


def read_any_json(data: bytes | str, source: Source, inner: str = "") -> Any:
    """Return the value of a JSON text, or raise ``Malformed``.

    NaN and long integers are taken, as Python and the tokenizers of the Hugging Face Hub write
    them; nothing here is computed with.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(text, parse_int=_integer, object_pairs_hook=_object)
    except _DuplicateKeyError as error:
        sentence = f"The key {error} is given twice, so that readers may differ."
        raise malformed(source, "json_duplicate_key", sentence, inner) from error
    except RecursionError as error:
        raise malformed(source, "json_too_deep", "The JSON is nested too deep.", inner) from error
    except ValueError as error:
        raise malformed(source, "json_malformed", f"This is no JSON: {error}.", inner) from error
    _check_depth(value, source, inner)
    return value


def _check_depth(value: Any, source: Source, inner: str) -> None:
    layer = [value]
    for _ in range(DEPTH):
        layer = [below for each in layer for below in _below(each)]
        if not layer:
            return
    sentence = f"The JSON is nested deeper than {DEPTH} levels."
    raise malformed(source, "json_too_deep", sentence, inner)


def _below(value: Any) -> list[Any]:
    """Return the objects and lists right inside of a value."""
    if isinstance(value, dict):
        items: Any = value.values()
    elif isinstance(value, list):
        items = value
    else:
        return []
    return [item for item in items if isinstance(item, dict | list)]


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_INTEGER else float("inf")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(repr(key[:100]))
            seen.add(key)
    return value
