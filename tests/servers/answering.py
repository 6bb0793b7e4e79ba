"""A real HTTP server of a test, which answers as the test says and keeps what it was asked."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived; the names of headers are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class AnsweringServer:
    """A server on a port of its own, and the requests that it has seen."""

    port: int
    scheme: str = "http"
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.at("127.0.0.1")

    def at(self, host: str) -> str:
        return f"{self.scheme}://{host}:{self.port}"


class Answering(BaseHTTPRequestHandler):
    """One request; ``send`` answers it whole, and ``wfile`` takes what is to go wrong."""

    protocol_version = "HTTP/1.1"
    request_of: Asked
    cut_after: int | None = None
    before_hanging_up: Callable[[], object] | None = None

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.head(status, **{"content_length": str(len(body))} | headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- Its name there.
        pass


@contextmanager
def answering(
    answer: Callable[[Answering], None], *, tls: ssl.SSLContext | None = None
) -> Iterator[AnsweringServer]:
    """Start a server that calls ``answer`` for each request, in a thread of its own."""
    seen: list[Asked] = []

    class Handler(Answering):
        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ssl.SSLError, TimeoutError):
                self.close_connection = True

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.cut_after = self.before_hanging_up = None
            self.request_of = Asked(self.command, self.path, headers, self.rfile.read(length))
            seen.append(self.request_of)
            answer(self)

        do_GET = do_POST = do_HEAD = _answer  # noqa: N815 -- The names that it looks for.

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield AnsweringServer(server.server_port, "https" if tls else "http", seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
