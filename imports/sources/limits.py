"""What is too much for one version, told before anything is fetched."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from django.conf import settings

from imports.sources.protocol import Notice

_NAMED: Final = 3


class Sized(Protocol):
    """A file that would come in: ``size`` is in bytes, None where the source does not say."""

    @property
    def path(self) -> str:
        """Where it would be."""

    @property
    def size(self) -> int | None:
        """How many bytes it has."""


def notices_of_size(files: Sequence[Sized]) -> Iterator[Notice]:
    """Yield what the limits refuse of the chosen files, which other patterns would mend."""
    most = settings.AEGIS_UPLOAD_FILE_BYTES
    large = [file.path for file in files if (file.size or 0) > most]
    if large:
        yield Notice(
            "file_too_large",
            f"{named(large)} {'has' if len(large) == 1 else 'have'} more than {most:,} bytes, "
            "which is the most that goes into one file. Exclude what is not needed.",
            refuses=True,
        )
    if len(files) > settings.AEGIS_UPLOAD_FILES:
        yield Notice(
            "too_many_files",
            f"There are {len(files):,} files; a version holds at most "
            f"{settings.AEGIS_UPLOAD_FILES:,}. Include only what is needed.",
            refuses=True,
        )
    total = sum(file.size or 0 for file in files)
    if total > settings.AEGIS_UPLOAD_BYTES:
        yield Notice(
            "upload_too_large",
            f"The files have {total:,} bytes together; a version holds at most "
            f"{settings.AEGIS_UPLOAD_BYTES:,}. Include only what is needed.",
            refuses=True,
        )


def named(names: Sequence[str]) -> str:
    """Return the first names as part of a sentence, and how many more there are."""
    first, more = names[:_NAMED], len(names) - _NAMED
    if more > 0:
        return f"{', '.join(first)} and {more:,} more files"
    return " and ".join(filter(None, (", ".join(first[:-1]), first[-1])))
