"""A proxy of ours between Aegis and an S3 server, which does to requests what networks do.

It answers 500 and SlowDown, resets connections before or after the server has acted, cuts and
shortens bodies, damages what is sent, and is slow; each for one operation and so many times.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ERROR = '<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'


@dataclass(slots=True)
class Fault:
    """What happens to an operation, ``times`` times; ``after`` so many bytes of its body."""

    operation: str
    kind: str
    times: int = 1
    after: int = 0
    seconds: float = 0.0
    status: int = 500
    code: str = "InternalError"
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class FaultyServer(ThreadingHTTPServer):
    """The proxy; ``plan`` faults, and read in ``seen`` which operations came.

    ``ranges`` are those that were asked for of objects, in order.
    """

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.seen: list[str] = []
        self.ranges: list[str] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def plan(self, operation: str, kind: str, **further: Any) -> Fault:
        """Let something go wrong with the next requests of that operation."""
        fault = Fault(operation, kind, **further)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let nothing more go wrong."""
        with self._lock:
            self._faults.clear()

    def next_fault(self, operation: str) -> Fault | None:
        """Note that the operation was asked for, and return what shall happen to it."""
        with self._lock:
            self.seen.append(operation)
            for fault in self._faults:
                if fault.operation == operation and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that clients go away is what this is for."""


@contextmanager
def before(upstream: str) -> Iterator[FaultyServer]:
    """Run the proxy before the server at ``upstream``."""
    server = FaultyServer(upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def operation_of(method: str, path: str) -> str:
    """Return what a request of S3 asks for, in a word."""
    parts = urlsplit(path)
    query = parse_qs(parts.query, keep_blank_values=True)
    if method == "POST":
        return "begin" if "uploads" in query else "complete"
    if method == "DELETE":
        return "abort" if "uploadId" in query else "delete"
    if method == "PUT":
        return "part" if "partNumber" in query else "put"
    # An address with one segment is the bucket's own.
    name = "bucket" if parts.path.strip("/").count("/") == 0 else "object"
    return f"{method.lower()} {name}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyServer

    def _answer(self) -> None:
        operation = operation_of(self.command, self.path)
        if operation == "get object":
            self.server.ranges.append(self.headers.get("Range", ""))
        fault = self.server.next_fault(operation)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = fault.kind if fault else ""
        if fault is None:
            self._forward(body, None)
        elif kind == "refuse":
            self._refuse(fault)
        elif kind == "reset":
            self._hang_up()
        elif kind == "damage":
            self._forward(body[:-1] + bytes([body[-1] ^ 1]), None)
        elif kind == "delay":
            time.sleep(fault.seconds)
            self._forward(body, None)
        else:  # What happens to the answer: "lost", "cut", "shorten", or more is told in its head.
            self._forward(body, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 -- As the library asks.

    def _refuse(self, fault: Fault) -> None:
        said = ERROR.format(code=fault.code, message=fault.message or fault.code)
        text = b"" if self.command == "HEAD" else said.encode()
        self.send_response(fault.status)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _forward(self, body: bytes, fault: Fault | None) -> None:
        connection = HTTPConnection(self.server.upstream, timeout=60)
        with suppress(OSError):
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in {"expect", "connection"}:
                    connection.putheader(name, value)
            connection.endheaders(body)
            self._pass_on(connection.getresponse(), fault)
        connection.close()

    def _pass_on(self, answer: HTTPResponse, fault: Fault | None) -> None:
        data = answer.read()
        if fault is not None and fault.kind == "lost":
            self._hang_up()
            return
        tells = fault is not None and fault.kind == "tell"
        told = {name.lower() for name in fault.headers} if fault else set()
        kept = data[: fault.after] if fault and not tells else data
        length = len(kept) if fault and fault.kind == "shorten" else len(data)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "connection", "transfer-encoding", *told}:
                self.send_header(name, value)
        for name, value in fault.headers.items() if fault and tells else ():
            self.send_header(name, value)
        if self.command == "HEAD":
            length = int(answer.headers.get("Content-Length") or 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(kept)
        if fault is not None and not tells:
            self.wfile.flush()
            self._hang_up()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- The library's name.
        """Say nothing."""
