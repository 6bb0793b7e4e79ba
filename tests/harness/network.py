"""Close every way out of this machine for the process that runs tests."""

import ipaddress
import socket
import sys
from typing import Any

LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", socket.gethostname()})
CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
LOOKING_UP = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class ClosedNetworkError(RuntimeError):
    """A test reached for another machine."""


def close() -> None:
    """Refuse connections and look-ups that leave this machine, for good."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in CONNECTING:
        connection, address = arguments[0], arguments[1]
        if connection.family != socket.AF_UNIX and address is not None:
            _refuse_unless_local(address[0])
    elif event in LOOKING_UP:
        _refuse_unless_local(arguments[0])


def _refuse_unless_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host or ""
    if name in LOCAL_NAMES:
        return
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        address = None
    if address is None or not (address.is_loopback or address.is_unspecified):
        message = f"Tests reach no other machine, and this one asked for {name}."
        raise ClosedNetworkError(message)
