"""A proxy in front of the stack that counts what clients send, and holds it at a chosen byte."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

PIECE = 64 * 1024
PATIENCE = 60.0


class CountingProxy:
    """Pass bytes on between clients and a server, and count those that clients send."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._hold_at: int | None = None
        self._held = threading.Event()
        self._released = threading.Event()
        self.sent = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def hold_at(self, count: int) -> None:
        """Pass nothing on any more once clients have sent ``count`` bytes."""
        self._held.clear()
        self._released.clear()
        self._hold_at = count

    def wait_until_held(self) -> None:
        """Wait until that is so. Raises AssertionError if it never is."""
        assert self._held.wait(PATIENCE), f"Only {self.sent} bytes were sent."

    def release(self) -> None:
        """Pass bytes on again."""
        self._hold_at = None
        self._released.set()

    def close(self) -> None:
        """Take no more clients."""
        self.release()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, timeout=PATIENCE)
        except OSError:
            client.close()
            return
        back = threading.Thread(target=_pipe, args=(server, client), daemon=True)
        back.start()
        with suppress(OSError):
            while data := client.recv(PIECE):
                self._count(len(data))
                server.sendall(data)
        _end(server)
        back.join()
        client.close()
        server.close()

    def _count(self, size: int) -> None:
        with self._lock:
            self.sent += size
            is_due = self._hold_at is not None and self.sent >= self._hold_at
        if is_due:
            self._held.set()
            self._released.wait(PATIENCE)


@contextmanager
def counting(target: str) -> Iterator[CountingProxy]:
    """Run a proxy in front of ``target``."""
    proxy = CountingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(PIECE):
            sink.sendall(data)
    _end(sink)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
