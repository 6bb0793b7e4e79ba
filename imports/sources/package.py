"""A version that another registry exported, as the client that brings it says."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aegis.problems import Invalid, Refusal
from aegis.proof.manifest import Manifest
from aegis.sensitive.texts import plain_text
from imports.sources.protocol import FoundMetric, Notice, Plan, PlannedFile

_KEYS: Final = frozenset(
    {
        *("registry", "exported_at", "model", "version", "label", "facts", "metrics", "card"),
        *("provenance", "manifest", "signature"),
    }
)
_HINT: Final = re.compile(r"[0-9a-f]{64}")
_LINE: Final = 300
_METRICS: Final = 1_000


def stated_package(reference: Mapping[str, Any], answers: Mapping[str, Any]) -> Plan:
    """Return the plan of what an export says: its ``manifest`` and what documents the version.

    The signature of the other registry is over that registry's own name and number, so it stays a
    statement of who signed, by the fingerprint of the key. Raises ``Invalid`` for what is none.
    """
    if unknown := answers.keys() - _KEYS:
        raise _unreadable(f"an export holds no {min(map(str, unknown))[:40]!a}")
    manifest = _manifest(answers)
    if reference.get("digest") != manifest.digest or reference.keys() != {"digest"}:
        raise _unreadable("its reference is not the digest of its manifest")
    registry, model = _line(answers, "registry"), _line(answers, "model")
    number = answers.get("version")
    if not model or isinstance(number, bool) or not isinstance(number, int):
        raise _unreadable("it names no version")
    name = f"{model}@{number}"
    facts = dict(_facts(answers))
    about = {key: facts[key] for key in ("framework", "task") if isinstance(facts.get(key), str)}
    return Plan(
        identity=f"package:{registry or '-'}/{name}#{manifest.digest}",
        shown=f"{name} of {registry or 'another registry'}",
        pinned=dict(_pins(answers, manifest.digest, registry, name)),
        files=tuple(
            PlannedFile(entry.path, entry.path, entry.size, entry.sha256)
            for entry in manifest.files
        ),
        facts=facts,
        metrics=tuple(_metrics(answers)),
        card=_card(answers),
        about_model=about,
        notices=tuple(_notices(answers)),
    )


def _manifest(answers: Mapping[str, Any]) -> Manifest:
    text = answers.get("manifest")
    try:
        return Manifest.parse(text.encode() if isinstance(text, str) else b"")
    except Refusal as error:
        raise _unreadable("it holds no manifest") from error


def _pins(
    answers: Mapping[str, Any], digest: str, registry: str, name: str
) -> Iterator[tuple[str, str]]:
    if registry:
        yield "registry", registry
    yield "version", name
    yield "manifest", digest
    said = answers.get("signature")
    signature = said if isinstance(said, dict) else {}
    hint = signature.get("hint")
    if isinstance(hint, str) and _HINT.fullmatch(hint):
        key = _line(signature, "key")
        version = _line(signature, "key_version")
        yield "signed_by", f"{key} v{version} ({hint})" if key else hint


def _facts(answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the facts by name, a later one over an earlier."""
    for entry in _objects(answers, "facts"):
        if isinstance(entry.get("name"), str) and "value" in entry:
            yield entry["name"], entry["value"]


def _metrics(answers: Mapping[str, Any]) -> Iterator[FoundMetric]:
    seen: set[tuple[str, str, str]] = set()
    for entry in _objects(answers, "metrics")[:_METRICS]:
        name, value = entry.get("name"), entry.get("value")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        key = (str(name), _line(entry, "dataset"), _line(entry, "slice"))
        if isinstance(name, str) and is_number and key not in seen:
            seen.add(key)
            yield FoundMetric(name, float(value or 0), key[1], key[2])


def _card(answers: Mapping[str, Any]) -> dict[str, str]:
    said = answers.get("card")
    sections = said if isinstance(said, dict) else {}
    return {name: text for name, text in sections.items() if isinstance(text, str) and text}


def _notices(answers: Mapping[str, Any]) -> Iterator[Notice]:
    if came := _line(answers, "provenance"):
        yield Notice("package_origin", f"That registry says that it had it from {came}.")


def _objects(answers: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = answers.get(name)
    listed = found if isinstance(found, list) else []
    return [entry for entry in listed if isinstance(entry, dict)]


def _line(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        return ""
    return plain_text(value, field=name, limit=_LINE, required=False)


def _unreadable(reason: str) -> Invalid:
    return Invalid("origin_unreadable", f"What is said of the origin cannot be read: {reason}.")
