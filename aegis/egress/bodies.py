"""What a server sends, read as it comes and as long as it keeps coming."""

import time
from typing import Final

import httpx

from aegis.egress.connecting import Deadline
from aegis.egress.transport import faults_of
from aegis.proof.streams import CHUNK

_SLOW_SECONDS: Final = 60
_SLOW_BYTES: Final = 64 * 1024


class Body:
    """What a server sends, read as it comes: a ``Readable`` with the answer's head.

    One that brings less than 64 KiB within a minute is given up.
    """

    def __init__(self, host: str, response: httpx.Response, deadline: Deadline) -> None:
        self.host = host
        self._response = response
        self.status = response.status_code
        self.headers = response.headers
        self._deadline = deadline
        self._pieces = response.iter_raw()
        self._left = memoryview(b"")
        self._window_bytes = 0
        self._window_seconds = float(_SLOW_SECONDS)

    def read(self, size: int = CHUNK, /) -> bytes:
        """Return up to ``size`` bytes, and none at the end only."""
        if not self._left:
            self._left = memoryview(self._next())
        data, self._left = self._left[:size], self._left[size:]
        return bytes(data)

    def close(self) -> None:
        """Give up what has not come."""
        self._deadline.end()
        self._response.close()

    def _next(self) -> bytes:
        # Only waiting counts, not what the reader does in between.
        self._deadline.begin(self._window_seconds)
        began = time.monotonic()
        with faults_of(self.host):
            piece = next(self._pieces, b"")
        self._window_bytes += len(piece)
        self._window_seconds -= time.monotonic() - began
        if self._window_bytes >= _SLOW_BYTES:
            self._window_bytes = 0
            self._window_seconds = _SLOW_SECONDS
        return piece
