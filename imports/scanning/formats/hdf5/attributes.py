"""Attributes of HDF5 objects: their names, and the texts of those that are asked for."""

from typing import Final

from imports.scanning.formats.hdf5.objects import File
from imports.scanning.formats.reading import Cursor, utf8
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import source_of

_LONGEST: Final = 64 * 1024 * 1024
_TEXT: Final = 3
_VARIABLE: Final = 9
_HEAD_OF_TYPE: Final = 8


class Attribute:
    """One attribute message: its name and where its type and value lie."""

    def __init__(self, file: File, data: bytes) -> None:
        self._file = file
        cursor = Cursor(source_of(data, place=file.source.place))
        version = cursor.unsigned(1)
        if version not in {1, 2, 3}:
            sentence = f"The version {version} of an attribute is not known here."
            raise malformed(file.source, "version_unknown", sentence)
        flags = cursor.unsigned(1)
        name, kind, space = cursor.unpack("HHH")
        if version == 3:  # noqa: PLR2004 -- it names the character set.
            cursor.skip(1)
        step = 8 if version == 1 else 1
        raw = cursor.take(_padded(name, step))
        self.name = utf8(raw.split(b"\0", 1)[0], file.source, "An attribute's name")
        self._is_shared = version > 1 and bool(flags & 1)
        self._kind = cursor.take(_padded(kind, step))
        cursor.skip(_padded(space, step))
        self._value = cursor.take(cursor.left)

    def text(self) -> str:
        """Return the attribute's text, or raise ``Malformed`` if it is none."""
        if self._is_shared or len(self._kind) < _HEAD_OF_TYPE:
            raise self._no_text()
        kind = self._kind[0] & 0x0F
        if kind == _TEXT:
            data = self._value.rstrip(b"\0")
        elif kind == _VARIABLE and self._kind[1] & 0x0F == 1 and len(self._value) == 16:  # noqa: PLR2004
            data = self._from_heap()
        else:
            raise self._no_text()
        return utf8(data, self._file.source, f"The attribute {self.name}")

    def _from_heap(self) -> bytes:
        """Return the bytes that the value refers to in a global heap."""
        cursor = Cursor(source_of(self._value, place=self._file.source.place))
        length, address, index = cursor.unpack("IQI")
        heap = self._file.signed_at(address, b"GCOL")
        heap.skip(4)
        heap.end = min(heap.end, address + heap.unsigned(8))
        while heap.left >= 16:  # noqa: PLR2004 -- the head of an object.
            found, _, _, size = heap.unpack("HHIQ")
            if found == index and index:
                if length > min(size, _LONGEST):
                    break
                return heap.take(length)
            if not found:
                break
            heap.skip(_padded(size, 8))
        raise self._no_text()

    def _no_text(self) -> Exception:
        sentence = f"The attribute {self.name} is no text that can be read."
        return malformed(self._file.source, "attribute_not_text", sentence, self.name)


def _padded(size: int, step: int) -> int:
    return -(-size // step) * step
