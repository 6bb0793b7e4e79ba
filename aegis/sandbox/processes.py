"""A process behind walls, from outside: started, told, listened to with doubt, ended."""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Self

from aegis import strict_json
from aegis.problems import Invalid

_BEAT_SECONDS: Final = 5.0
_CHUNK: Final = 65_536
MEBIBYTE: Final = 1024 * 1024
ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
}
_CAUSES: Final[Mapping[int, str]] = {
    signal.SIGXCPU: "it took more processor time than it may",
    signal.SIGKILL: "it was killed, as one is that takes too much memory or time",
    signal.SIGABRT: "it gave up, as one does that gets no more memory",
    signal.SIGSEGV: "it crashed",
    signal.SIGSYS: "it called the system in a way that it may not",
}


class Lost(Exception):  # noqa: N818 - it says what became of a process.
    """A process from which no answer comes any more."""


class TooSlow(Lost):
    """It is over its time."""


class Gone(Lost):
    """It has ended; the text says how."""


class Nonsense(Lost):
    """What it says is no answer."""


class Process:
    """A Python of its own that runs ``program``, with a socket pair to it and nothing else.

    ``program`` finds the number of its end in ``sys.argv[1]``, and ``arguments`` behind it.
    ``flags`` are Python's. Raises ``OSError`` where none can be started.
    """

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        flags: Sequence[str],
        environment: Mapping[str, str] = ENVIRONMENT,
    ) -> None:
        self._buffer = bytearray()
        self._door, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - our own program.
                [sys.executable, *flags, "-c", program, str(number), *arguments],
                env=dict(environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(number,),
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def tell(self, value: object, *, files: Sequence[int] = ()) -> None:
        """Send a short line of JSON, with open files beside it."""
        try:
            socket.send_fds(self._door, [json.dumps(value).encode() + b"\n"], files)
        except OSError as error:
            raise self._death() from error

    def send(self, pieces: Iterable[bytes], deadline: float) -> None:
        """Send bytes, as many as there are; it may refuse to take them."""
        try:
            for piece in pieces:
                self._door.settimeout(max(deadline - time.monotonic(), 0.001))
                self._door.sendall(piece)
        except TimeoutError as error:
            raise TooSlow from error
        except OSError as error:
            raise self._death() from error
        finally:
            self._door.settimeout(None)

    def line(
        self,
        deadline: float,
        beat: Callable[[], None] = lambda: None,
        *,
        most: int = 4 * MEBIBYTE,
    ) -> dict[str, Any]:
        """Return the next line of JSON, of ``most`` bytes.

        ``beat`` is called every few seconds of waiting.
        """
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > most:
                raise Nonsense
            self._receive(deadline, beat)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            value = strict_json.loads(line, limit=most)
        except Invalid as error:
            raise Nonsense from error
        if not isinstance(value, dict):
            raise Nonsense
        return value

    def take(
        self, count: int, deadline: float, beat: Callable[[], None] = lambda: None
    ) -> bytearray:
        """Return the next ``count`` bytes."""
        while len(self._buffer) < count:
            self._receive(deadline, beat)
        taken = self._buffer[:count]
        del self._buffer[:count]
        return taken

    def end(self) -> None:
        """End it with all that it may have started."""
        self._door.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _receive(self, deadline: float, beat: Callable[[], None]) -> None:
        """Add to the buffer what comes next."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._door, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if selector.select(min(left, _BEAT_SECONDS)):
                    break
                beat()
            else:
                raise TooSlow
        try:
            data = self._door.recv(_CHUNK)
        except OSError as error:
            raise self._death() from error
        if not data:
            raise self._death()
        self._buffer += data

    def _death(self) -> Lost:
        """Return why it is gone."""
        try:
            status = self._process.wait(timeout=_BEAT_SECONDS)
        except subprocess.TimeoutExpired:
            return Nonsense()
        if status == 0:
            return Gone("it ended")
        return Gone(_CAUSES.get(-status, f"it ended with {status}"))
