"""What a person should know of a repository before it is imported, and what stops the import."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from imports.sources.huggingface.repository import HubFile
from imports.sources.limits import named, notices_of_size
from imports.sources.protocol import Notice

# What pickles are called; what a file really is, the scan finds out by its bytes.
_PICKLES: Final = frozenset({"bin", "ckpt", "joblib", "pickle", "pkl", "pt", "pth", "sav"})


def notices_of_files(files: Sequence[HubFile], left: int) -> Iterator[Notice]:
    """Yield what is refused of the chosen files, which other patterns would mend."""
    if not files:
        yield Notice(
            "hub_nothing_left",
            f"The patterns leave all {left:,} files of the repository behind. Change them.",
            refuses=True,
        )
    yield from notices_of_size(files)


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
    return named([file.path for file in files])


def _bring(files: Sequence[HubFile]) -> str:
    return "bring" if len(files) > 1 else "brings"
