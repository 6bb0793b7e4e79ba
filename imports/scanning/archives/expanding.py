"""Compressed bytes as a seekable stream, expanded a little at a time."""

import bz2
import io
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

import lz4.frame
from isal import isal_zlib

from imports.scanning.examination import Examination, Malformed, Scan
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import HEAD, TAIL, Source
from imports.scanning.views import SeekableView

_COMPRESSED_CHUNK: Final = 256 * 1024
# What expands to less is kept in memory; more is expanded again where it is read again.
KEPT: Final = 32 * MEBIBYTE
_RAW: Final = -15
_GZIP: Final = 31


class _Inflating:
    """A zlib decompressor with the manners of ``bz2``'s and ``lzma``'s."""

    def __init__(self, window: int) -> None:
        self._inner = isal_zlib.decompressobj(wbits=window)
        self._left = b""
        self._is_full = False

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inner.unused_data)

    @property
    def needs_input(self) -> bool:
        return not self._left and not self._is_full

    def decompress(self, data: bytes, max_length: int) -> bytes:
        expanded = self._inner.decompress(self._left + data, max_length)
        self._left = bytes(self._inner.unconsumed_tail)
        # After a full answer some may be held back that needs no more input.
        self._is_full = len(expanded) >= max_length
        return bytes(expanded)


@dataclass(frozen=True, slots=True)
class Compression:
    """A way to compress: its name, its decompressor, and whether streams may follow another."""

    name: str
    decompressor: Callable[[], Any]
    may_repeat: bool = True


GZIP: Final = Compression("gzip", lambda: _Inflating(_GZIP))
ZLIB: Final = Compression("zlib", lambda: _Inflating(15))
DEFLATE: Final = Compression("deflate", lambda: _Inflating(_RAW), may_repeat=False)
BZ2: Final = Compression("bzip2", bz2.BZ2Decompressor)
XZ: Final = Compression("xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ))
LZMA: Final = Compression("lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE))
LZ4: Final = Compression("lz4", lz4.frame.LZ4FrameDecompressor)


def expanded(stream: BinaryIO, compression: Compression, place: str = "") -> Iterator[bytes]:
    """Yield what a stream expands to, in chunks of a mebibyte at most, or raise ``Malformed``.

    The stream is read at places of its own, so that others may read it meanwhile.
    """
    position, pending = 0, b""
    while True:
        decompressor = compression.decompressor()
        while not decompressor.eof:
            if not pending and decompressor.needs_input:
                stream.seek(position)
                pending = stream.read(_COMPRESSED_CHUNK)
                position += len(pending)
                if not pending:
                    raise _broken(compression, "it ends too early", place)
            try:
                chunk = decompressor.decompress(pending, MEBIBYTE)
            except Exception as error:
                raise _broken(compression, "it is damaged", place) from error
            pending = b""
            if chunk:
                yield chunk
        pending = decompressor.unused_data
        if not pending:
            stream.seek(position)
            pending = stream.read(_COMPRESSED_CHUNK)
            position += len(pending)
        if not pending:
            return
        if not compression.may_repeat:
            raise _broken(compression, "something else follows it", place)


def _broken(compression: Compression, how: str, place: str) -> Malformed:
    sentence = f"The {compression.name} stream cannot be expanded: {how}."
    return Malformed("compressed_broken", sentence, place)


class Expanded(SeekableView):
    """A seekable view of a compressed stream; going back expands it again from its beginning."""

    def __init__(self, stream: BinaryIO, compression: Compression, size: int) -> None:
        super().__init__(size)
        self._stream = stream
        self._compression = compression
        self._restart()

    def _restart(self) -> None:
        self._chunks = expanded(self._stream, self._compression)
        self._chunk = b""
        self._begin = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes; fewer at the end only."""
        wanted = self._wanted(size)
        if self._position < self._begin:
            self._restart()
        parts: list[bytes] = []
        while wanted and self._advance():
            at = self._position - self._begin
            part = self._chunk[at : at + wanted]
            parts.append(part)
            wanted -= len(part)
            self._position += len(part)
        return b"".join(parts)

    def _advance(self) -> bool:
        """Make the chunk at hand one that holds the present place, unless the stream is over."""
        while self._position >= self._begin + len(self._chunk):
            self._begin += len(self._chunk)
            self._chunk = next(self._chunks, b"")
            if not self._chunk:
                return False
        return True


def examine_expanded(
    stream: BinaryIO,
    compression: Compression,
    *,
    name: str,
    of: Source,
    scan: Scan,
    size: int | None = None,
) -> Examination:
    """Expand a stream within the limits, and return what is found in what it expands to.

    ``size`` is what it must expand to, where that is written down.
    """
    place = f"{of.place}!{name}" if of.place else name
    head, tail, kept, count = b"", b"", io.BytesIO(), 0
    for chunk in expanded(stream, compression, place):
        scan.count_expanded(len(chunk), place)
        count += len(chunk)
        if len(head) < HEAD:
            head = (head + chunk)[:HEAD]
        tail = (tail + chunk)[-TAIL:]
        if count <= KEPT:
            kept.write(chunk)
    if size is not None and count != size:
        sentence = f"It expands to {count:,} bytes instead of the {size:,} that are written down."
        raise Malformed("expanded_size", sentence, place)
    if count <= KEPT:
        return scan.examine_member(kept, size=count, name=name, of=of)
    kept.close()
    again = cast("BinaryIO", Expanded(stream, compression, count))
    return scan.examine_member(
        again, size=count, name=name, of=of, head=head, tail=tail, is_slow=True
    )
