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
            _refuse(address[0], unless=_is_local(address[0]))
    elif event in LOOKING_UP:
        # A number is read, not looked up.
        _refuse(arguments[0], unless=_is_local(arguments[0]) or _address(arguments[0]) is not None)


def _refuse(host: str | bytes | None, *, unless: bool) -> None:
    if not unless:
        message = f"Tests reach no other machine, and this one asked for {_name(host)}."
        raise ClosedNetworkError(message)


def _is_local(host: str | bytes | None) -> bool:
    address = _address(host)
    if address is None:
        return _name(host) in LOCAL_NAMES
    return address.is_loopback or address.is_unspecified


def _address(host: str | bytes | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(_name(host).partition("%")[0])
    except ValueError:
        return None


def _name(host: str | bytes | None) -> str:
    return host.decode() if isinstance(host, bytes) else host or ""
