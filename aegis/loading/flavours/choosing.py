"""Choosing the file of a model among the files of a folder."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from aegis.loading.refusals import Unrecognised
from aegis.proof.paths import RESERVED_FOLDER

_SHOWN = 5


def files(folder: Path, path: str | None) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder by their paths in it, or only the one at ``path``."""
    if path is not None:
        yield path, folder / path
        return
    for place in sorted(folder.rglob("*")):
        name = place.relative_to(folder).as_posix()
        if name.split("/")[0] != RESERVED_FOLDER and place.is_file() and not place.is_symlink():
            yield name, place


def the_file(folder: Path, path: str | None, fits: Callable[[Path], bool]) -> str | None:
    """Return the path of the file that fits; of several, the one that is named ``model``.

    Raises ``Unrecognised`` where the choice is a person's.
    """
    fitting = [name for name, place in files(folder, path) if fits(place)]
    if len(fitting) > 1:
        called = [name for name in fitting if Path(name).name.split(".")[0] == "model"]
        if len(called) == 1:
            return called[0]
        listed = ", ".join(fitting[:_SHOWN])
        raise Unrecognised(
            "model_ambiguous",
            f"Several of its files may be the model: {listed}.",
            mend=f"Name one of them, such as --file {fitting[0]}.",
        )
    return fitting[0] if fitting else None


def members(place: Path) -> list[str]:
    """Return the names in a zip archive, none of what is no archive in order."""
    try:
        with zipfile.ZipFile(place) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return []


def head(place: Path, count: int) -> bytes:
    """Return the first bytes of a file, none of one that cannot be read."""
    try:
        with place.open("rb") as stream:
            return stream.read(count)
    except OSError:
        return b""
