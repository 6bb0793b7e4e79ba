"""Follow the log files of the processes, and keep them small."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

LARGEST = 20 * 1024 * 1024


class Follower:
    """Reads what is added to log files from now on."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._positions = {name: _size(path) for name, path in files.items()}
        self._rests = dict.fromkeys(files, b"")

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the name of the process and each line that is new and complete."""
        for name, path in self._files.items():
            with suppress(OSError), path.open("rb") as file:
                file.seek(self._positions[name])
                added = file.read()
                self._positions[name] += len(added)
                *complete, self._rests[name] = (self._rests[name] + added).split(b"\n")
                for line in complete:
                    yield name, line.decode(errors="replace")

    def shorten(self) -> None:
        """Set aside a log that grew large; its process goes on appending to the same file."""
        for name, path in self._files.items():
            if self._positions[name] > LARGEST:
                shutil.copyfile(path, path.with_suffix(".log.1"))
                with path.open("r+b") as file:
                    file.truncate(0)
                self._positions[name] = 0


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
