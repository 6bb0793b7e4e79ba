"""Layout ``tar-1``, the first one: the tar stream as one gzip member. It is read, never written."""

import zlib
from typing import Final

from aegis.proof.packages.framing import damaged
from aegis.proof.streams import CHUNK, Readable

LAYOUT: Final = "tar-1"

_GZIP: Final = 16 + zlib.MAX_WBITS


class TarReader:
    """The tar stream of a package, decompressed into pieces of bounded size."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._inflate = zlib.decompressobj(_GZIP)

    def read(self, size: int = CHUNK, /) -> bytes:
        """Return up to ``size`` bytes, and nothing at the end only."""
        try:
            # Output that the limit held back may wait inside the decompressor without any input.
            plain = self._inflate.decompress(self._inflate.unconsumed_tail, size)
            while not plain and not self._inflate.eof:
                data = self._source.read(CHUNK)
                if not data:
                    raise damaged("it ends too early")
                plain = self._inflate.decompress(data, size)
        except zlib.error as error:
            raise damaged("its compression is broken") from error
        return plain

    def finish(self) -> None:
        """Refuse anything after the tar's end, inside the compressed stream or behind it."""
        if self.read(1) or self._inflate.unused_data or self._source.read(1):
            raise damaged("something follows its end")
