"""Configurations of the Hugging Face Hub: code that they ask for, and chat templates."""

from collections.abc import Iterator
from typing import Any

from imports.scanning.examination import Examination
from imports.scanning.formats.chat_templates import examine_template
from imports.scanning.formats.keras_configs import is_of_python
from imports.scanning.formats.saying import at, brief, inconclusive, note, unsafe
from imports.scanning.sources import Source


def examine_object(value: dict[str, Any], source: Source, pointer: str) -> Iterator[Examination]:
    """Yield what is to be said of one JSON object, which may be a configuration."""
    place = at(source, pointer)
    if "auto_map" in value:
        yield from _examine_auto_map(value["auto_map"], place)
    if "custom_pipelines" in value:
        sentence = "custom_pipelines names classes of Python files, which run by trust_remote_code."
        yield note("remote_code", sentence, place)
    if value.get("trust_remote_code") is True:
        sentence = "trust_remote_code lets the loader run Python files that come with the model."
        yield note("remote_code", sentence, place)
    yield from _examine_modules(value, place)
    if "chat_template" in value:
        yield from _examine_templates(value["chat_template"], source, f"{pointer}/chat_template")


def _examine_auto_map(value: Any, place: str) -> Iterator[Examination]:
    """Examine which classes stand for the model's: of this version, or of another repository."""
    for name in sorted(_texts(value)):
        if "--" in name:
            sentence = f"auto_map takes code from another repository: {name}."
            yield unsafe("remote_code_elsewhere", sentence, place)
        else:
            sentence = f"auto_map names {name}, code that runs by trust_remote_code."
            yield note("remote_code", sentence, place)


def _examine_modules(value: dict[str, Any], place: str) -> Iterator[Examination]:
    """Examine the classes that sentence-transformers and diffusers import by their names."""
    kind: Any = value.get("type")
    is_module = {"idx", "path"} <= set(value) and isinstance(kind, str)
    if is_module and not kind.startswith("sentence_transformers."):
        sentence = f"A module of the kind {brief(kind)} is imported when the model is loaded."
        yield unsafe("imported_module", sentence, place, is_dangerous=is_of_python(kind))
    if "_diffusers_version" in value:
        for name, pair in value.items():
            library = pair[0] if isinstance(pair, list) and pair else None
            if isinstance(library, str) and is_of_python(library):
                sentence = f"The part {brief(name)} is imported from {brief(library)}."
                yield unsafe("imported_module", sentence, place, is_dangerous=True)


def _texts(value: Any) -> set[str]:
    """Return the texts in a value of objects and lists."""
    waiting, texts, seen = [value], set(), set()
    while waiting:
        each = waiting.pop()
        # YAML's aliases can lead a value into itself.
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, str):
            texts.add(each)
        elif isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return texts


def _examine_templates(value: Any, source: Source, pointer: str) -> Iterator[Examination]:
    """Examine one template, or the named ones of a list or an object."""
    if value is None:
        return
    if isinstance(value, str):
        yield examine_template(value, source, pointer)
    elif isinstance(value, list | dict):
        for text in sorted(_texts(value)):
            yield examine_template(text, source, pointer)
    else:
        yield inconclusive("template_malformed", "A template is no text.", at(source, pointer))
