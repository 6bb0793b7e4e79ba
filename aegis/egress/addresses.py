"""Which addresses are the internet's: the rest belongs to this machine or to a network of its own.

An IPv6 address that stands for an IPv4 address is judged as that one: mapped (RFC 4291), by NAT64
(RFC 6052), 6to4 (RFC 3056) or Teredo (RFC 4380).
"""

import ipaddress
from collections.abc import Iterator
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_PROTOCOL_ASSIGNMENTS: Final = ipaddress.IPv4Network("192.0.0.0/24")


def is_public(text: str) -> bool:
    """Say whether an address, as sockets write it, is one of the public internet."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return _is_open(address) and address not in _PROTOCOL_ASSIGNMENTS
    meant = list(_meant(address))
    if meant:
        return all(is_public(str(one)) for one in meant)
    return address in _UNICAST and _is_open(address)


def _is_open(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _meant(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
