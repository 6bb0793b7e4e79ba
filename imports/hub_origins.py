"""Which versions come from a hub, at which commit, and whether it has a newer one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists
from django.utils import timezone

from imports.models import HubOrigin, ImportRight, RevisionWatch
from imports.sources.huggingface.source import HuggingFaceSource
from registry.models import ModelVersion, RegisteredModel

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SHORTEST: Final = 7
_NO_ANSWER: Final = frozenset({"hub_unreachable", "hub_unreadable"})


class NewsState(StrEnum):
    """What is known of newer commits: the values are those of the API."""

    PINNED = "pinned"
    ELSEWHERE = "elsewhere"
    NEWER = "newer"
    REFUSED = "refused"
    FAILING = "failing"
    UNASKED = "unasked"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class News:
    """Whether the hub has a newer commit than that of a version.

    ``commit`` is the newer one, which the hub has had since ``seen_at`` at the latest, and
    ``number`` the version of the model that is it. ``asked_at`` is when the hub answered last;
    ``error`` says why it refuses, or does not answer, since ``failing_since``.
    """

    state: NewsState
    revision: str = ""
    commit: str = ""
    seen_at: datetime | None = None
    number: int | None = None
    asked_at: datetime | None = None
    error_code: str = ""
    error: str = ""
    failing_since: datetime | None = None

    @property
    def is_wanted(self) -> bool:
        """Say whether there is something newer that no version of the model is."""
        return self.state == NewsState.NEWER and self.number is None


def news_of(origin: Any) -> News:
    """Return what is known, of an origin ``with_newer``; nobody is asked."""
    watch: RevisionWatch | None = origin.watch
    if watch is None:
        return News(NewsState.PINNED)
    is_newer = watch.commit not in {"", origin.commit}
    return News(
        state=_state(watch, is_newer=is_newer),
        revision=watch.revision,
        commit=watch.commit if is_newer else "",
        seen_at=watch.seen_at if is_newer else None,
        number=origin.newer_number if is_newer else None,
        asked_at=watch.asked_at,
        error_code=watch.error_code,
        error=watch.error,
        failing_since=watch.failing_since,
    )


def load_origin(version: ModelVersion) -> Any:
    """Return the origin ``with_newer`` of a version, None for one of no hub."""
    return HubOrigin.objects.with_newer().filter(version=version).first()


def load_behind(model: RegisteredModel) -> Any:
    """Return the origin ``with_newer`` of the newest version of ``model`` that is of a hub.

    None unless the hub has a commit that no version of the model is. ``team_may`` says whether the
    model's team has the right to import it.
    """
    rights = ImportRight.objects.filter(source=HuggingFaceSource.kind, team=model.team_id)
    found = HubOrigin.objects.filter(version__registered_model=model).ready().newest_of_models()
    behind = found.outdated().with_newer().annotate(team_may=Exists(rights))
    return behind.filter(newer_number=None).select_related("version__registered_model").first()


def note_hub_origin(version: ModelVersion, pinned: Mapping[str, str]) -> HubOrigin | None:
    """Note which commit ``version`` is, as a plan pinned it; None for what is of no hub.

    The revision that was asked for is watched from now on, unless it was the commit.
    """
    endpoint, repo = pinned.get("endpoint", ""), pinned.get("repo", "")
    revision, commit = pinned.get("revision", ""), pinned.get("commit", "")
    is_of_hub = version.source == HuggingFaceSource.kind and endpoint and repo and revision
    if not is_of_hub or not _COMMIT.fullmatch(commit):
        return None
    is_pinned = len(revision) >= _SHORTEST and commit.startswith(revision)
    watch = None if is_pinned else _watch(endpoint, repo, revision)
    origin: HubOrigin
    origin, _ = HubOrigin.objects.get_or_create(
        version=version,
        defaults={"endpoint": endpoint, "repo": repo, "commit": commit, "watch": watch},
    )
    return origin


def endpoint_now() -> str:
    """Return the hub that Aegis asks: of another one it asks nothing, since its token is for this.

    It is written as plans have it.
    """
    return str(settings.HF_ENDPOINT).rstrip("/")


def _state(watch: RevisionWatch, *, is_newer: bool) -> NewsState:
    if is_newer:
        return NewsState.NEWER
    if watch.endpoint != endpoint_now():
        return NewsState.ELSEWHERE
    if watch.error_code:
        is_away = watch.error_code in _NO_ANSWER
        return NewsState.FAILING if is_away else NewsState.REFUSED
    return NewsState.NEWEST if watch.commit else NewsState.UNASKED


def _watch(endpoint: str, repo: str, revision: str) -> RevisionWatch:
    watch: RevisionWatch
    watch, _ = RevisionWatch.objects.get_or_create(
        endpoint=endpoint, repo=repo, revision=revision, defaults={"due_at": timezone.now()}
    )
    return watch
