"""What a JSON or YAML value means to those who load it: code to import, templates, layers."""

from collections.abc import Iterator
from typing import Any, Final

from imports.scanning.examination import Examination, together
from imports.scanning.formats import (
    hub_configs,
    keras_configs,
    mlflow_models,
    notebooks,
    skops_schemas,
)
from imports.scanning.formats.keras_configs import is_of_python
from imports.scanning.formats.saying import at, brief, unsafe
from imports.scanning.sources import Source

# Examinations are added up from time to time, so that a document of many nodes stays small.
_MOST: Final = 500
# A key of megabytes over a million objects would fill the memory with their places.
_LONGEST_KEY: Final = 100
_LONGEST_POINTER: Final = 500


def examine_value(value: Any, source: Source, inner: str = "") -> Examination:
    """Say what is to be said of a value and of every object inside of it."""
    found: list[Examination] = []
    if isinstance(value, dict):
        found.extend(notebooks.examine_document(value, at(source, inner)))
        found.extend(mlflow_models.examine_document(value, at(source, inner)))
    for each, pointer in objects(value, inner):
        place = at(source, pointer)
        found.extend(keras_configs.examine_object(each, place))
        found.extend(hub_configs.examine_object(each, source, pointer))
        found.extend(skops_schemas.examine_node(each, place))
        found.extend(_examine_instructions(each, place))
        if len(found) > _MOST:
            found = [together(found)]
    return together(found)


def objects(value: Any, pointer: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every object inside of a value with its JSON pointer, each once."""
    waiting: list[tuple[Any, str]] = [(value, pointer)]
    seen: set[int] = set()
    while waiting:
        each, place = waiting.pop()
        # YAML's aliases make one object stand in many places, or inside of itself.
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, dict):
            yield each, place
            pairs: Iterator[tuple[Any, Any]] = iter(each.items())
        else:
            pairs = enumerate(each) if isinstance(each, list | tuple) else iter(())
        waiting.extend(
            (item, f"{place}/{str(key)[:_LONGEST_KEY]}"[:_LONGEST_POINTER])
            for key, item in pairs
            if isinstance(item, dict | list | tuple)
        )


def _examine_instructions(value: dict[Any, Any], place: str) -> Iterator[Examination]:
    """Examine the keys by which jsonpickle and Hydra are told what to import and call."""
    for key, target in value.items():
        if isinstance(key, str) and key.startswith("py/"):
            sentence = f"The key {key} tells jsonpickle to build a Python object."
            yield unsafe("jsonpickle", sentence, place, is_dangerous=_calls(target))
        elif key == "_target_":
            sentence = f"_target_ tells Hydra to import and call {brief(target)}."
            yield unsafe("hydra_target", sentence, place, is_dangerous=_calls(target))


def _calls(target: Any) -> bool:
    """Say whether what is to be imported is Python's own, or nothing that has a name."""
    return not isinstance(target, str) or is_of_python(target)
