"""Connecting outwards: only to the public internet and to what the operator allows, and in time."""

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

import httpcore
from django.conf import settings
from httpcore import NetworkStream

from aegis.egress.addresses import is_public
from aegis.problems import Forbidden

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


def is_allowed(host: str, port: int) -> bool:
    """Say whether the operator named the host as one to be reached wherever it is."""
    name = host.lower().strip("[]")
    bracketed = f"[{name}]" if ":" in name else name
    return not settings.AEGIS_EGRESS_ALLOW.isdisjoint({name, bracketed, f"{bracketed}:{port}"})


def refused(host: str, port: int, sentence: str) -> Forbidden:
    """Return the refusal to connect to a host, with what would allow it."""
    return Forbidden(
        "egress_refused",
        sentence,
        mend=f"If Aegis shall reach {host}, the operator names {host} or {host}:{port} in "
        "AEGIS_EGRESS_ALLOW.",
        details={"host": host, "port": port},
    )


@dataclass(slots=True)
class Deadline:
    """The moment by which an answer has to be there, while one is waited for."""

    at: float | None = None

    def begin(self, seconds: float) -> None:
        """Let ``seconds`` from now be all there is."""
        self.at = time.monotonic() + seconds

    def end(self) -> None:
        """Wait for no answer any longer."""
        self.at = None

    def shorten(self, timeout: float | None) -> float | None:
        """Return how long one wait may last, or raise ``httpcore.ReadTimeout`` when it is over."""
        if self.at is None:
            return timeout
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The time is over.")
        return left if timeout is None else min(left, timeout)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to addresses that are public or allowed, before and after the socket is made."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> NetworkStream:
        """Connect to the first address of ``host`` that answers."""
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in _addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self._deadline.shorten(timeout), local_address, socket_options
                )
            except (httpcore.NetworkError, httpcore.ConnectTimeout) as error:
                failure = failure or error
                continue
            try:
                _check(host, port, stream.get_extra_info("server_addr")[0])
            except BaseException:
                stream.close()
                raise
            return TimedStream(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"{host} has no address.")


class TimedStream(NetworkStream):
    """A connection of which every wait ends with the deadline."""

    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, or wait for it."""
        return self._stream.read(max_bytes, self._deadline.shorten(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of ``buffer``."""
        self._stream.write(buffer, self._deadline.shorten(timeout))

    def close(self) -> None:
        """Give the connection up."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        """Shake hands, and go on under TLS."""
        within = self._deadline.shorten(timeout)
        return TimedStream(
            self._stream.start_tls(ssl_context, server_hostname, within), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection below says of itself."""
        return self._stream.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    """Return the addresses of ``host``; all of them are looked at before one is tried."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        _check(host, port, address)
    return addresses


def _check(host: str, port: int, address: str) -> None:
    if not is_allowed(host, port) and not is_public(address):
        raise refused(
            host, port, f"{host} is an address of an internal network, which Aegis does not ask."
        )
