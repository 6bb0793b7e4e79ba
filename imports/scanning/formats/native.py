"""Programs and libraries of machines: nothing that a model of data consists of."""

from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.saying import unsafe
from imports.scanning.sources import Source

_KINDS: Final = {
    b"\x7fELF": "an ELF program or library",
    b"\xfe\xed\xfa\xce": "a Mach-O program or library",
    b"\xfe\xed\xfa\xcf": "a Mach-O program or library",
    b"\xce\xfa\xed\xfe": "a Mach-O program or library",
    b"\xcf\xfa\xed\xfe": "a Mach-O program or library",
    b"\xca\xfe\xba\xbe": "a Java class or a Mach-O library",
    b"\xca\xfe\xba\xbf": "a Mach-O library",
    b"\x00asm": "a WebAssembly module",
    b"dex\n": "an Android program",
    b"!<arch>\n": "a library of object files",
    b"L\x00\x00\x00\x01\x14\x02\x00": "a Windows shortcut",
    b"MSCF": "a Windows cabinet",
    b"\xed\xab\xee\xdb": "an RPM package",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a document or installer of Microsoft's old form",
    b"BC\xc0\xde": "LLVM bitcode",
    b"\x1bLua": "Lua byte code",
}
_EXTENSIONS: Final = frozenset(
    {".a", ".class", ".dex", ".dll", ".dylib", ".exe", ".ko", ".lib", ".lnk", ".msi", ".o",
     ".pyc", ".pyd", ".pyo", ".so", ".sys", ".wasm"}
)  # fmt: skip


def recognises(source: Source) -> bool:
    """Say whether the magic of machine code or byte code comes first."""
    return _kind(source) is not None


def examine(source: Source, scan: Scan) -> Examination:
    """Say what it is."""
    scan.check_time(source.place)
    sentence = f"This is {_kind(source)}, which runs when it is loaded."
    return unsafe("native_code", sentence, source.place)


def _kind(source: Source) -> str | None:
    head = source.head
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            return kind
    if head.startswith(b"MZ") and _is_windows(source):
        return "a Windows program or library"
    if head[2:4] == b"\r\n" and len(head) >= 16 and head[1] in b"\x0b\x0c\x0d\x0e\x0f\xf2\xf3":  # noqa: PLR2004
        return "Python byte code"
    return None


def _is_windows(source: Source) -> bool:
    """Say whether the header of DOS leads to another, or there is none for it to lead to."""
    offset = int.from_bytes(source.head[60:64], "little")
    signature = source.read_at(offset, 4) if offset < source.size else b""
    return signature[:2] in {b"PE", b"NE", b"LE", b"LX"} or source.head[2:4] != b"  "


FORMAT: Final = Format("native-code", _EXTENSIONS, recognises, examine)
