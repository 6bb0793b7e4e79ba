"""Make the folders of the embedded servers, and refuse those that others could write to."""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.errors import CannotStartError
from aegis.embedded.identity import Identity


def prepare(config: EmbeddedConfig, identity: Identity) -> None:
    """Make the folder of logs, and the private one of sockets for the servers' user."""
    try:
        config.logs.mkdir(mode=0o700, exist_ok=True)
        make_private(config.sockets, identity)
    except OSError as error:
        message = (
            f"The data folder {config.data} cannot be used: {(error.strerror or '').lower()} "
            f"({error.filename}). Set AEGIS_DATA to a folder that you may read and write."
        )
        raise CannotStartError(message) from error


def make_private(folder: Path, identity: Identity) -> None:
    """Make a folder that only the servers' user can enter, or check that it is one."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
        if not private or found.st_uid not in {os.geteuid(), identity.owner[0]}:
            message = (
                f"{folder} shall hold the servers' sockets and must be a folder that nobody else "
                "can enter. Remove it, or set AEGIS_DATA to another folder."
            )
            raise CannotStartError(message) from None
    give(folder, identity)


def give(path: Path, identity: Identity) -> None:
    """Hand a file or a folder with all that is in it to the servers' user; ours alone."""
    if os.geteuid() != 0 or path.lstat().st_uid == identity.owner[0]:
        return
    uid, gid = identity.owner
    for folder, _, files in os.walk(path):
        for name in files:
            os.chown(Path(folder) / name, uid, gid, follow_symlinks=False)
        if Path(folder) != path:
            os.chown(folder, uid, gid)
    # The top goes last, since its owner tells whether all of it was handed over.
    os.chown(path, uid, gid, follow_symlinks=False)


def tidy(config: EmbeddedConfig) -> None:
    """Remove the folder of sockets from /tmp, where it is there, once both servers are gone."""
    if config.sockets.parent != config.data:
        with suppress(OSError):
            config.sockets.rmdir()


def remove(folder: Path) -> None:
    """Remove what an interrupted start left."""
    if folder.exists():
        shutil.rmtree(folder)
