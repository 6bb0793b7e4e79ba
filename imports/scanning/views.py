"""Streams over a part of another one, or over what it expands to, that are read at any place."""

import io


class SeekableView(io.RawIOBase):
    """A readable stream of ``size`` bytes; who inherits says by ``read`` where they come from."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read at any place."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def _wanted(self, size: int | None) -> int:
        """Return how many bytes a read of ``size`` gives from here, before the end."""
        left = max(0, self._size - self._position)
        return left if size is None or size < 0 else min(size, left)
