"""A repository of a hub as a client says that the hub described it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from aegis.problems import Invalid, Unavailable
from imports.sources.huggingface.hub import Hub, Wanted
from imports.sources.huggingface.references import check_reference
from imports.sources.huggingface.repository import Repository, read_repository
from imports.sources.huggingface.source import HuggingFaceSource
from imports.sources.protocol import Plan

_KEYS: Final = frozenset({"endpoint", "model", "texts"})
_ENDPOINT_LENGTH: Final = 200


def stated_repository(reference: Mapping[str, Any], answers: Mapping[str, Any]) -> Plan:
    """Return the plan of ``answers``: the hub's ``endpoint``, its word on the ``model``, ``texts``.

    ``texts`` are the small files that tell of it, README.md and config.json. Nobody is asked.
    Raises ``Invalid`` for what no hub answers.
    """
    if unknown := answers.keys() - _KEYS:
        raise _unreadable(f"a hub answers with no {min(map(str, unknown))[:40]!a}")
    source = _StatedSource(_endpoint(answers.get("endpoint")), answers=answers)
    try:
        return source.plan(check_reference(reference))
    except Unavailable as unreadable:
        raise _unreadable(unreadable.sentence) from unreadable


@dataclass(frozen=True, slots=True)
class _StatedHub(Hub):
    answers: Mapping[str, Any] = field(default_factory=dict)

    def repository(self, repo: str, revision: str) -> Repository:  # noqa: ARG002 -- As a hub is asked.
        return read_repository(self.answers.get("model"))

    def require_readable(self, wanted: Wanted) -> None:
        """Whoever has the files to send could read them."""

    def text(self, wanted: Wanted, *, most: int) -> bytes | None:
        texts = self.answers.get("texts")
        found = texts.get(wanted.path) if isinstance(texts, dict) else None
        data = found.encode() if isinstance(found, str) else None
        return data if data is not None and len(data) <= most else None


@dataclass(frozen=True, slots=True)
class _StatedSource(HuggingFaceSource):
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hub(self) -> Hub:
        return _StatedHub(self.endpoint, None, self.answers)


def _endpoint(value: Any) -> str:
    try:
        text = value.rstrip("/") if isinstance(value, str) else ""
        parts = urlsplit(text)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or parts.username is not None or len(text) > _ENDPOINT_LENGTH:
        raise _unreadable("its endpoint is no address of a hub")
    return text


def _unreadable(reason: str) -> Invalid:
    return Invalid("origin_unreadable", f"What is said of the origin cannot be read: {reason}.")
