"""Whether the artifact store can be used: for probes, and when a process starts.

The store is asked in a thread of its own and at most once in a while, so that no probe hangs on
it and no number of probes burdens it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from aegis.problems import Refusal
from registry.storage.configured import artifact_store

log = structlog.get_logger(__name__)

ASKED_EVERY: Final = 30.0
PATIENCE: Final = 3.0
WELL: Final = "ok"


class Watcher:
    """What was last heard of the store, asked again when that is old."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._heard = ""
        self._heard_at = 0.0
        self._asking: threading.Thread | None = None

    def say(self) -> str:
        """Return "ok" or the sentence of what is wrong, within ``PATIENCE`` seconds."""
        with self._lock:
            if self._heard and time.monotonic() - self._heard_at < ASKED_EVERY:
                return self._heard
            if self._asking is None:
                self._asking = threading.Thread(target=self._hear, daemon=True)
                self._asking.start()
            asking = self._asking
        asking.join(PATIENCE)
        if asking.is_alive():
            return f"The artifact store has not answered within {PATIENCE:.0f} seconds."
        return self._heard

    def _hear(self) -> None:
        try:
            heard = self._ask()
        except Exception:  # A probe must go on whatever a store does.
            log.exception("storage.check_broke_off")
            heard = "The artifact store could not be asked."
        with self._lock:
            self._heard, self._heard_at = heard, time.monotonic()
            self._asking = None


def sentence() -> str:
    """Ask the store now, and return "ok" or the sentence of what is wrong with what mends it."""
    try:
        artifact_store().check()
    except Refusal as refusal:
        return " ".join(filter(None, (refusal.sentence, refusal.mend)))
    return WELL


_watcher: Final = Watcher(sentence)


def notice() -> str:
    """Return for ``/readyz`` whether the store can be used."""
    return _watcher.say()


def usable_store(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001 -- Django's signature.
    **_: Any,
) -> list[CheckMessage]:
    """Return what is wrong with the store: ``manage.py check --deploy`` prints it."""
    found = sentence()
    if found == WELL:
        return []
    hint = f"AEGIS_STORAGE_URL names {_place()}."
    return [Error(found, hint=hint, id="aegis.E020")]


def warn_unless_usable(**_: object) -> None:
    """Say in the log of a worker that starts what is wrong with the store; it starts all the same.

    What is away comes back, and imports wait for it.
    """
    found = sentence()
    if found != WELL:
        log.error("storage.unusable", reason=found, place=_place())


def _place() -> str:
    storage = settings.AEGIS_STORAGE
    return f"the folder {storage.root}" if storage.root else f"the bucket {storage.bucket}"
