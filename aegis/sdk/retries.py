"""How often and how long the client asks again, where the registry is away or busy."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

FIRST_CONTACT: Final = 4.0
"""Seconds of asking again for somebody who has not answered yet: the address may be wrong."""
LONGEST_PAUSE: Final = 15.0
LONGEST_WAIT_ASKED: Final = 120.0


@dataclass(slots=True)
class Patience:
    """How long one request is asked again: ``seconds`` in all, after growing pauses.

    ``sleep`` is called with each pause in place of ``time.sleep``.
    """

    seconds: float
    sleep: Callable[[float], None] | None = None
    _waited: float = field(default=0.0, init=False)
    _pause: float = field(default=0.5, init=False)

    def wait(self, asked: str | None = None) -> bool:
        """Wait for as long as ``asked`` (a Retry-After) or a pause; False once it is enough."""
        wanted = retry_after(asked)
        pause = self._next() if wanted is None else wanted
        if self._waited + pause > max(self.seconds, wanted or 0.0):
            return False
        self._waited += pause
        (self.sleep or time.sleep)(pause)
        return True

    def _next(self) -> float:
        pause = self._pause * random.uniform(0.8, 1.2)  # noqa: S311 -- Spreads clients, hides nothing.
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        return pause


def retry_after(header: str | None) -> float | None:
    """Return the seconds that a Retry-After asks for, at most two minutes, or None for none."""
    if not header:
        return None
    if header.strip().isdecimal():
        return min(float(header), LONGEST_WAIT_ASKED)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WAIT_ASKED)
