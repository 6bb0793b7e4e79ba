"""Where a conversion happens on this disk: a folder while it works, and what is kept of it.

Whoever takes an import over finds what was made, so that the files of a version stay the same.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from uuid import UUID

from django.conf import settings

from aegis.problems import Conflict, NotFound
from imports.converting.child import GIVEN, MADE
from registry.files import is_older, make_folders
from registry.models import ModelVersion
from registry.readers import read_stored

_WORK: Final = "work-"
_FOR_ALL: Final = 0o755
_QUIET: Final = timedelta(hours=3)
"""Longer than any conversion takes."""


def folder() -> Path:
    """Return the folder of all conversions."""
    root = Path(settings.AEGIS_DATA) / "conversions"
    make_folders(root)
    return root


@contextmanager
def workshop() -> Iterator[Path]:
    """Make a folder to convert in, with what is given and what is made; it is gone afterwards."""
    # The process that converts gives up root, and still reads and writes here.
    room = Path(mkdtemp(prefix=_WORK, dir=folder()))
    try:
        room.chmod(_FOR_ALL)
        for name in (GIVEN, MADE):
            (room / name).mkdir()
        (room / MADE).chmod(0o777)
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def unpack(version: ModelVersion, to: Path) -> None:
    """Write every file of ``version`` below ``to``; bytes that are not the recorded ones raise."""
    for file in version.files.order_by("path"):
        place = to / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as sink:
            for data in read_stored(version.artifact, file):
                sink.write(data)


def made_in(room: Path) -> list[Path]:
    """Return the files that were made; raise ``Conflict`` for what is none, or lies elsewhere."""
    strays = {each.name for each in room.iterdir()} - {GIVEN, MADE}
    if strays:
        raise Conflict(
            "conversion_strayed",
            f"The converter wrote {min(strays)[:80]!a} outside of its folder.",
        )
    found = []
    for each in sorted((room / MADE).rglob("*")):
        if each.is_symlink() or not (each.is_file() or each.is_dir()):
            raise Conflict(
                "conversion_strayed", f"The converter made {each.name[:80]!a}, which is no file."
            )
        if each.is_file():
            found.append(each)
    return found


def keep(room: Path, key: UUID) -> None:
    """Keep what was made in ``room`` as that of the conversion ``key``."""
    place = folder() / str(key)
    place.mkdir(exist_ok=True)
    shutil.rmtree(place / MADE, ignore_errors=True)
    (room / MADE).rename(place / MADE)


def kept(key: UUID, path: str) -> Path:
    """Return where a file that was made is kept, or raise ``NotFound`` if it is gone."""
    place = folder() / str(key) / MADE / path
    if not place.is_file():
        raise NotFound(
            "conversion_gone",
            "The files of this conversion were cleared away.",
            mend="Ask for the conversion again.",
        )
    return place


def keep_input(key: UUID, document: bytes) -> None:
    """Keep the input that somebody gave for the conversion ``key``."""
    place = folder() / str(key)
    place.mkdir()
    (place / "input.json").write_bytes(document)


def kept_input(key: UUID) -> bytes:
    """Return the input that somebody gave, or raise ``NotFound`` if it is gone."""
    try:
        return (folder() / str(key) / "input.json").read_bytes()
    except FileNotFoundError as error:
        raise NotFound(
            "conversion_input_gone",
            "The input that was given for this conversion was cleared away.",
            mend="Ask for the conversion again, with the input.",
        ) from error


def forget(key: UUID) -> None:
    """Throw away what is kept of the conversion ``key``."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder() / str(key))


def is_quiet(key: UUID) -> bool:
    """Say whether nothing was written for the conversion ``key`` for hours."""
    return is_older(folder() / str(key), _QUIET)


def clear_workshops() -> int:
    """Remove the folders of workers that died while they converted; return how many."""
    left = [each for each in folder().glob(f"{_WORK}*") if is_older(each, _QUIET)]
    for each in left:
        shutil.rmtree(each, ignore_errors=True)
    return len(left)


def all_kept() -> list[UUID]:
    """Return the conversions of which something is kept."""
    found = []
    for each in folder().iterdir():
        with suppress(ValueError):
            found.append(UUID(each.name))
    return found
