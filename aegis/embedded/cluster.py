"""Make the folder in which PostgreSQL keeps its data, whole or not at all."""

import os
import signal
import subprocess
from pathlib import Path

from aegis.embedded import folders
from aegis.embedded.config import SUPERUSER, EmbeddedConfig
from aegis.embedded.errors import CannotStartError
from aegis.embedded.identity import Identity
from aegis.embedded.processes import tail


def prepare(config: EmbeddedConfig, user: Identity, binaries: Path, *, syncs: bool) -> None:
    """Have a cluster that ``user`` may open and these binaries can read.

    ``syncs`` waits until a new one is on the disk. Raises CannotStartError.
    """
    if not config.postgres.exists():
        _make(config, user, binaries, syncs=syncs)
    folders.give(config.postgres, user)
    _check_version(config, binaries)


def _make(config: EmbeddedConfig, user: Identity, binaries: Path, *, syncs: bool) -> None:
    """Make the cluster beside its place and move it there, so that no half one stays there."""
    draft = config.data / "postgres.new"
    password = config.sockets / "password"
    folders.remove(draft)
    draft.mkdir(mode=0o700)
    folders.give(draft, user)
    password.touch(mode=0o600)
    password.write_text(config.passwords[SUPERUSER])
    folders.give(password, user)
    options = [
        f"--pgdata={draft}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--locale=C.UTF-8",
        "--encoding=UTF8",
        *([] if syncs else ["--no-sync"]),
    ]
    try:
        _initdb(config, user, [str(binaries / "initdb"), *options])
    finally:
        password.unlink()
    draft.rename(config.postgres)


def _initdb(config: EmbeddedConfig, user: Identity, command: list[str]) -> None:
    path = config.logs / "postgres.log"
    with path.open("ab") as log:
        result = subprocess.run(  # noqa: S603 -- Our own command.
            user.command(command, death_signal=signal.SIGKILL),
            cwd="/",
            env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    if result.returncode != 0:
        lines = "\n".join(f"  {line}" for line in tail(path, 6))
        message = (
            f"PostgreSQL could not make its folder of data; the last lines of {path}:\n{lines}"
        )
        raise CannotStartError(message)


def _check_version(config: EmbeddedConfig, binaries: Path) -> None:
    """Refuse a cluster of another major version, which the server would refuse in its log."""
    have = (config.postgres / "PG_VERSION").read_text().strip()
    answer = subprocess.run(  # noqa: S603 -- Our own command.
        [str(binaries / "postgres"), "--version"], capture_output=True, check=True
    )
    # The answer reads: postgres (PostgreSQL) 16.14
    want = answer.stdout.decode().split()[2].split(".")[0]
    if have != want:
        message = (
            f"{config.postgres} was written by PostgreSQL {have}, and this is {want}. Set "
            "AEGIS_POSTGRES_BIN to the programs of the former, or move the data over by pg_dump."
        )
        raise CannotStartError(message)
