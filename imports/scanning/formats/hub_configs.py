"""Configurations of the Hugging Face Hub: code that they ask for, and chat templates."""

from collections.abc import Iterator
from typing import Any

from imports.scanning.examination import Examination
from imports.scanning.formats.chat_templates import examine_template
from imports.scanning.formats.saying import at, inconclusive, note, unsafe
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


def _texts(value: Any) -> set[str]:
    """Return the texts in a value of objects and lists."""
    waiting, texts = [value], set()
    while waiting:
        each = waiting.pop()
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
