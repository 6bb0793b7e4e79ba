"""What MLflow writes beside a model: ``MLmodel`` and the files of its environment.

They are read as plain values: MLflow's own reader wants pandas, and builds what they name.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from aegis.problems import Conflict
from aegis.proof.streams import chunks
from imports.sources.mlflow.artifacts import Entry, list_folder, open_file
from imports.sources.mlflow.asking import Tracking
from imports.sources.protocol import PlannedFile

LARGEST: Final = 256 * 1024
"""So many bytes of such a file are read, or none."""

_DEPTH: Final = 30
_EVENTS: Final = 50_000
_COLUMNS: Final = 1_000
NAMES: Final = ("MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml")
"""The files that describe the model beside them."""
_FRAMEWORKS: Final = {
    "sklearn": "scikit-learn",
    "keras": "keras",
    "tensorflow": "tensorflow",
    "pytorch": "pytorch",
    "sentence_transformers": "sentence-transformers",
    "spacy": "spaCy",
}
_REQUIREMENT: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[\w, .-]*\])?\s*(?P<rest>[^;#]*)"
)
_PYTHON: Final = re.compile(r"python\s*=+\s*(?P<version>[0-9][0-9A-Za-z.+-]*)")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Description:
    """How a model is described: empty where nothing says. ``signature`` maps names to types."""

    framework: str = ""
    framework_version: str = ""
    flavors: tuple[str, ...] = ()
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    signature: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    """The files that are there and could not be read."""


def read_description(tracking: Tracking, folder: str) -> Description:
    """Return what the files in ``folder`` say of the model beside them."""
    entries = {entry.name: entry for entry in list_folder(tracking, folder) if not entry.is_folder}
    texts: dict[str, str] = {}
    for name in NAMES:
        if name in entries:
            texts[name] = _read(tracking, folder, entries[name])
    return describe(texts)


def describe(texts: Mapping[str, str]) -> Description:
    """Return what files say of the model beside them; one that could not be read is empty."""
    documents = {name: _yaml(text) for name, text in texts.items() if name != "requirements.txt"}
    requirements = texts.get("requirements.txt", "")
    model = documents.get("MLmodel", {})
    flavors = _mapping(model.get("flavors"))
    named = [name for name in flavors if name != "python_function"]
    conda = _conda(documents.get("conda.yaml", {}))
    first = named[0] if named else ""
    return Description(
        framework=_FRAMEWORKS.get(first, first),
        framework_version=_version_of(_mapping(flavors.get(first))),
        flavors=tuple(flavors),
        python=_python(documents, flavors, conda),
        packages=dict(_packages(requirements.splitlines() or _pip_of(conda))),
        signature=dict(_signature(_mapping(model.get("signature")))),
        unread=tuple(
            name for name in texts if not texts[name] or (name in documents and not documents[name])
        ),
    )


def _read(tracking: Tracking, folder: str, entry: Entry) -> str:
    """Return the text of a small file; an empty one if it is large, gone, or no text."""
    if entry.size is None or entry.size > LARGEST:
        return ""
    file = PlannedFile(path=entry.name, place=f"{folder}/{entry.name}", size=entry.size)
    try:
        with open_file(tracking, file, offset=0) as stream:
            return b"".join(chunks(stream, LARGEST)).decode()
    except (Conflict, UnicodeDecodeError):
        return ""


def _yaml(text: str) -> dict[str, Any]:
    """Return the object of a YAML text that is small in every way; an empty one for others."""
    try:
        return _mapping(yaml.load(text, Loader=_LOADER)) if _is_plain(text) else {}  # noqa: S506 -- A safe loader.
    except (yaml.YAMLError, ValueError, OverflowError, TypeError):
        return {}


def _is_plain(text: str) -> bool:
    """Say whether a text is neither deep nor long and repeats nothing by reference."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH or count > _EVENTS or isinstance(event, yaml.AliasEvent):
            return False
    return True


def _version_of(flavor: Mapping[str, Any]) -> str:
    return next(
        (
            value
            for key, value in flavor.items()
            if isinstance(value, str) and str(key).endswith("_version") and key != "python_version"
        ),
        "",
    )


def _python(
    documents: Mapping[str, dict[str, Any]], flavors: Mapping[str, Any], conda: list[Any]
) -> str:
    stated = documents.get("python_env.yaml", {}).get("python")
    if isinstance(stated, str):
        return stated
    for entry in conda:
        if isinstance(entry, str) and (match := _PYTHON.fullmatch(entry.strip())):
            return match["version"]
    found = _mapping(flavors.get("python_function")).get("python_version")
    return found if isinstance(found, str) else ""


def _conda(document: Mapping[str, Any]) -> list[Any]:
    found = document.get("dependencies")
    return found if isinstance(found, list) else []


def _pip_of(conda: list[Any]) -> list[Any]:
    for entry in conda:
        if isinstance(entry, dict) and isinstance(entry.get("pip"), list):
            return list(entry["pip"])
    return []


def _packages(lines: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the packages of a list of requirements: a version where it is pinned, else the rule."""
    for each in lines:
        match = _REQUIREMENT.fullmatch(each.strip()) if isinstance(each, str) else None
        if match is not None:
            rule = match["rest"].strip()
            yield match["name"], rule.removeprefix("==").strip() if "," not in rule else rule


def _signature(signature: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part in ("inputs", "outputs", "params"):
        for number, column in enumerate(_columns(signature.get(part))[:_COLUMNS]):
            name = column.get("name")
            shown = name if isinstance(name, str) and name else str(number)
            yield f"{part}.{shown}", _type_of(column)


def _columns(value: Any) -> list[dict[str, Any]]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _type_of(column: Mapping[str, Any]) -> str:
    spec = _mapping(column.get("tensor-spec"))
    if spec:
        return f"tensor of {spec.get('dtype')}, shape {spec.get('shape')}"
    kind = str(column.get("type") or column.get("dtype") or "")
    return kind if column.get("required", True) else f"{kind}, optional"


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
