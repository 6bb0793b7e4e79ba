"""A small HTTP server that answers as a test tells it to, where no real one would."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. ``body`` is bytes or JSON; of ``cut`` bytes only so many are sent."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    seconds: float = 0.0

    @property
    def data(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]


Answers = Callable[[Asked], Said]


class StandIn(ThreadingHTTPServer):
    """Answers by ``answers``, and remembers in ``asked`` what came."""

    daemon_threads = True

    def __init__(self, answers: Answers) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that clients go away belongs to these tests."""


@contextmanager
def answering(answers: Answers) -> Iterator[StandIn]:
    """Run a server until the block ends."""
    server = StandIn(answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, dict(self.headers.items()))
        self.server.asked.append(asked)
        said = self.server.answers(asked)
        time.sleep(said.seconds)
        data = said.data
        with suppress(OSError):
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(data)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[: said.cut])

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 -- As the library asks.

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- The library's name.
        """Say nothing."""
