"""Protocol buffers and FlatBuffers as bytes, for formats whose libraries are not installed."""

import struct


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def table(*fields: tuple[int, bytes] | None) -> tuple[list[int], bytes]:
    """Return the places of fields in a table of inline values, and its bytes."""
    places, data = [], bytes(4)
    for each in fields:
        if each is None:
            places.append(0)
            continue
        width, value = each
        data += bytes(-len(data) % width)
        places.append(len(data))
        data += value
    return places, data


def u32(value: int) -> bytes:
    return struct.pack("<I", value)
