"""Pictures, sound and film: walked by their parts to an end that is the end of the file."""

from collections.abc import Callable
from typing import Final

from imports.scanning.examination import Examination, Format, Malformed, Scan
from imports.scanning.formats.reading import Cursor
from imports.scanning.formats.saying import malformed, note, trailing
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_RIFF: Final = frozenset({b"WEBP", b"WAVE", b"AVI "})
_LARGEST_PICTURE: Final = 256 * MEBIBYTE
_MOST_PARTS: Final = 1_000_000


def _png(source: Source, scan: Scan) -> Examination:
    cursor = Cursor(source, len(_PNG), order=">")
    for _ in range(_MOST_PARTS):
        scan.check_time(source.place)
        length, kind = cursor.unsigned(4), cursor.take(4)
        cursor.skip(length + 4)
        if kind == b"IEND":
            return trailing(source, cursor.position, "picture")
    raise malformed(source, "too_many_parts", "The picture has too many parts.")


def _gif(source: Source, scan: Scan) -> Examination:
    cursor = Cursor(source, 10)
    cursor.skip(_color_table(cursor.unsigned(1)) + 2)
    for _ in range(_MOST_PARTS):
        scan.check_time(source.place)
        kind = cursor.unsigned(1)
        if kind == 0x3B:  # noqa: PLR2004 -- the trailer.
            return trailing(source, cursor.position, "picture")
        if kind == 0x2C:  # noqa: PLR2004 -- an image.
            cursor.skip(8)
            cursor.skip(_color_table(cursor.unsigned(1)) + 1)
        elif kind == 0x21:  # noqa: PLR2004 -- an extension.
            cursor.skip(1)
        else:
            raise malformed(source, "part_unknown", "A part of the picture is unknown.")
        while length := cursor.unsigned(1):
            cursor.skip(length)
    raise malformed(source, "too_many_parts", "The picture has too many parts.")


def _color_table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _jpeg(source: Source, scan: Scan) -> Examination:
    """Walk over the segments, and through coded data to the marker that ends the picture."""
    if source.size > _LARGEST_PICTURE:
        raise malformed(source, "picture_too_large", "The picture is too large to be read.")
    data = source.read_at(0, source.size)
    place = 2
    while True:
        scan.check_time(source.place)
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise malformed(source, "truncated", "The picture has no end.")
        marker = data[place + 1]
        if marker == 0xD9:  # noqa: PLR2004 -- the end of the picture.
            return trailing(source, place + 2, "picture")
        # Zeros behind 0xFF are coded data, D0 to D7 restart it, and 0xFF fills.
        if marker == 0xFF:  # noqa: PLR2004
            place += 1
        elif marker == 0 or 0xD0 <= marker <= 0xD7 or marker == 1:  # noqa: PLR2004
            place += 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")


def _riff(source: Source, scan: Scan) -> Examination:
    scan.check_time(source.place)
    size = int.from_bytes(source.head[4:8], "little") + 8
    if size > source.size:
        raise malformed(source, "truncated", f"It claims {size:,} bytes.")
    return trailing(source, size + (size & 1 and source.size > size), "RIFF file")


def _boxes(source: Source, scan: Scan) -> Examination:
    cursor = Cursor(source, order=">")
    while cursor.left:
        scan.check_time(source.place)
        start, size = cursor.position, cursor.unsigned(4)
        cursor.skip(4)
        if size == 1:
            size = cursor.unsigned(8)
        if size == 0:
            return Examination()
        if size < 8 or start + size <= cursor.position - 1:  # noqa: PLR2004 -- its own head.
            raise malformed(source, "part_size", "A part is shorter than its head.")
        cursor.go(start + size)
    return Examination()


def _pdf(source: Source, scan: Scan) -> Examination:
    scan.check_time(source.place)
    sentence = "A PDF can hold scripts and files; what is in this one is not looked into."
    return note("pdf", sentence, source.place)


def _kind(source: Source) -> Callable[[Source, Scan], Examination] | None:
    head = source.head
    if head.startswith(_PNG):
        return _png
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _gif
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _riff
    if head[4:8] == b"ftyp":
        return _boxes
    return None


def recognises(source: Source) -> bool:
    """Say whether the magic of a picture, of sound or of film comes first."""
    return _kind(source) is not None


def examine(source: Source, scan: Scan) -> Examination:
    """Walk to the end of the file by the rules of its kind."""
    kind = _kind(source)
    if kind is None:
        raise Malformed("media_unknown", "This is no picture, sound or film.", source.place)
    return kind(source, scan)


def recognises_pdf(source: Source) -> bool:
    """Say whether the magic of PDF comes first."""
    return source.head.startswith(b"%PDF-")


FORMAT: Final = Format(
    "media",
    frozenset(
        {".avi", ".flac", ".gif", ".jpeg", ".jpg", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".ogg",
         ".opus", ".png", ".wav", ".webm", ".webp"}
    ),
    recognises,
    examine,
)  # fmt: skip
PDF: Final = Format("pdf", frozenset({".pdf"}), recognises_pdf, _pdf)
