"""What an unfinished upload is remembered by: a small file in the user's cache folder."""

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from aegis.sdk.local_files import LocalModel

FORMAT: Final = 1


@dataclass(slots=True)
class UploadState:
    """An upload that is not done: its id, the key of its POST, and the digests known so far.

    ``digests`` maps a path to size, time of change (ns) and sha256 of a file that was read whole.
    ``version_fields`` is what the version is being made with, once that was asked for.
    """

    key: str = field(default_factory=lambda: uuid4().hex)
    upload: str | None = None
    digests: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    version_fields: dict[str, Any] | None = None

    def knows(self, model: LocalModel) -> bool:
        """Say whether the files of ``model`` are the ones that were read, as far as marks tell."""
        marks = {path: (size, changed_at) for path, (size, changed_at, _) in self.digests.items()}
        return marks == {file.path: file.mark for file in model.files}


class StateFile:
    """The state of the upload of one folder to one model of one registry."""

    def __init__(self, *, url: str, model: str, root: Path) -> None:
        name = hashlib.sha256(f"{url}\n{model}\n{root.resolve()}".encode()).hexdigest()
        self.path = cache_folder() / "uploads" / f"{name[:40]}.json"

    def load(self) -> UploadState:
        """Return what was kept, or a new state where nothing that can be read was."""
        try:
            found = json.loads(self.path.read_text())
            if found.pop("format") != FORMAT:
                return UploadState()
            found["digests"] = {path: tuple(mark) for path, mark in found["digests"].items()}
            return UploadState(**found)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return UploadState()

    def save(self, state: UploadState) -> None:
        """Keep ``state`` in place of what was kept, whole or not at all."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(json.dumps({"format": FORMAT, **asdict(state)}))
        fresh.replace(self.path)

    def forget(self) -> None:
        """Keep nothing."""
        with suppress(FileNotFoundError):
            self.path.unlink()


def cache_folder() -> Path:
    """Return the user's folder for what the client may forget; AEGIS_CACHE names another."""
    if named := os.environ.get("AEGIS_CACHE"):
        return Path(named)
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named) / "aegis"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "aegis"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "aegis" / "cache"
    return Path.home() / ".cache" / "aegis"
