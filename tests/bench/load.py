"""A load generator for loopback: keep-alive connections, each in a thread, bounded in time.

It writes one prepared request and reads one answer over and over, so that little of the machine
goes into measuring.
"""

import socket
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True, slots=True)
class Rate:
    """What came of one measurement: answers a second, and percentiles in milliseconds."""

    per_second: float
    p50: float
    p99: float
    answers: int

    def __str__(self) -> str:
        return f"{self.per_second:8,.0f}/s  p50 {self.p50:6.2f} ms  p99 {self.p99:6.2f} ms"


def measure(
    port: int, paths: Sequence[str], *, clients: int, seconds: float, headers: Sequence[str] = ()
) -> Rate:
    """Read ``paths`` in turn from 127.0.0.1 with ``clients`` connections for ``seconds``.

    Raises RuntimeError for the first answer that is not 200.
    """
    extra = "".join(f"{header}\r\n" for header in headers)
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{extra}\r\n".encode() for path in paths
    ]
    begun = time.perf_counter()
    offsets = [index * len(requests) // clients for index in range(clients)]
    with ThreadPoolExecutor(clients) as threads:
        found = threads.map(
            lambda offset: _run(port, [*requests[offset:], *requests[:offset]], begun + seconds),
            offsets,
        )
        times = [one for of_thread in found for one in of_thread]
    took = time.perf_counter() - begun
    cuts = statistics.quantiles(times, n=100)
    return Rate(len(times) / took, 1000 * cuts[49], 1000 * cuts[98], len(times))


def _run(port: int, requests: Sequence[bytes], until: float) -> list[float]:
    times: list[float] = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in cycle(requests):
            begun = time.perf_counter()
            connection.sendall(request)
            # A server that writes head and body apart would else wait 40 ms for a delayed ACK,
            # and this machine's kernel would be measured. Sending turns the option off again.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            _read_answer(connection)
            ended = time.perf_counter()
            times.append(ended - begun)
            if ended > until:
                break
    return times


def _read_answer(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    if status != b"200":
        message = f"The answer was {status.decode()}: {body[:300].decode(errors='replace')}"
        raise RuntimeError(message)
    length = _length(head)
    while len(body) < length:
        body += _more(connection)
    return body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    message = "The answer does not say its length."
    raise RuntimeError(message)


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        message = "The server closed the connection."
        raise RuntimeError(message)
    return data
