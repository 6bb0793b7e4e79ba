"""Pickles put together opcode by opcode, as no pickler writes them."""

import struct


def text(value: str) -> bytes:
    """Return the opcode that pushes a text."""
    data = value.encode()
    return b"\x8c" + bytes((len(data),)) + data if len(data) < 256 else wide_text(value)


def wide_text(value: str) -> bytes:
    """Return the opcode that pushes a text of any length."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def blob(data: bytes) -> bytes:
    """Return the opcode that pushes bytes."""
    return b"B" + struct.pack("<I", len(data)) + data


def named(module: str, name: str) -> bytes:
    """Return the opcodes that push a global by its name on the stack."""
    return text(module) + text(name) + b"\x93"


def lines(module: str, name: str) -> bytes:
    """Return the opcode that pushes a global by two lines."""
    return f"c{module}\n{name}\n".encode()


def call(module: str, name: str, *arguments: bytes) -> bytes:
    """Return the opcodes that call a global."""
    return named(module, name) + b"(" + b"".join(arguments) + b"tR"


def pickle_of(*opcodes: bytes, protocol: int = 4) -> bytes:
    """Return a pickle of opcodes."""
    return bytes((0x80, protocol)) + b"".join(opcodes) + b"."


def framed(*opcodes: bytes, length: int | None = None) -> bytes:
    """Return opcodes in a frame, of which the length may lie."""
    body = b"".join(opcodes)
    return b"\x95" + struct.pack("<Q", len(body) if length is None else length) + body
