"""What a person should know of a repository before it is imported, and what stops the import."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.conf import settings

from imports.sources.huggingface.repository import HubFile
from imports.sources.protocol import Notice

# What pickles are called; what a file really is, the scan finds out by its bytes.
_PICKLES: Final = frozenset({"bin", "ckpt", "joblib", "pickle", "pkl", "pt", "pth", "sav"})
_NAMED: Final = 3


def notices_of_files(files: Sequence[HubFile], left: int) -> Iterator[Notice]:
    """Yield what is refused of the chosen files, which other patterns would mend."""
    if not files:
        yield Notice(
            "hub_nothing_left",
            f"The patterns leave all {left:,} files of the repository behind. Change them.",
            refuses=True,
        )
    most = settings.AEGIS_UPLOAD_FILE_BYTES
    large = [file for file in files if (file.size or 0) > most]
    if large:
        yield Notice(
            "file_too_large",
            f"{_named(large)} {_has(large)} more than {most:,} bytes, which is the most that goes "
            "into one file. Exclude what is not needed.",
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


def notices_of_code(files: Sequence[HubFile], config: Mapping[str, Any]) -> Iterator[Notice]:
    """Yield what would run on other machines; Aegis runs none of it."""
    code = [file for file in files if file.path.endswith(".py")]
    if code or config.get("auto_map"):
        where = _named(code) if code else "config.json, by its auto_map,"
        yield Notice(
            "hub_remote_code",
            f"{where} {_bring(code)} code that a client runs if it loads the model with "
            "trust_remote_code. Aegis scans it and runs none of it.",
        )
    pickles = [file for file in files if file.name.rpartition(".")[2].lower() in _PICKLES]
    if pickles:
        yield Notice(
            "hub_pickles",
            f"{_named(pickles)} may be pickles, which run code when they are loaded. They are "
            "scanned; what could do harm puts the version in quarantine.",
        )


def _named(files: Sequence[HubFile]) -> str:
    names = [file.path for file in files[:_NAMED]]
    more = len(files) - len(names)
    if more:
        return f"{', '.join(names)} and {more:,} more files"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _has(files: Sequence[HubFile]) -> str:
    return "has" if len(files) == 1 else "have"


def _bring(files: Sequence[HubFile]) -> str:
    return "bring" if len(files) > 1 else "brings"
