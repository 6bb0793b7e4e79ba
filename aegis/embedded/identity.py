"""Choose as whom the servers run: PostgreSQL refuses root, and users without a name."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aegis.embedded.errors import CannotStartError

LAUNCHER = Path(__file__).with_name("launch.py")
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a server runs.

    ``user`` drops to ``uid`` and ``gid``; ``mapped`` stays who it is outside and is ``uid``,
    without root's powers, in a user namespace; ``self`` changes nothing.
    """

    kind: Literal["self", "user", "mapped"]
    uid: int
    gid: int

    @property
    def owner(self) -> tuple[int, int]:
        """User and group of the server's files, as this process sees them."""
        return (self.uid, self.gid) if self.kind == "user" else (os.geteuid(), os.getegid())

    def command(self, argv: Sequence[str], *, death_signal: signal.Signals) -> list[str]:
        """Return the command that runs ``argv`` under this identity and dies with this process."""
        numbers = (self.uid, self.gid, int(death_signal), os.getpid())
        prefix = [sys.executable, "-I", "-S", str(LAUNCHER), self.kind]
        return [*prefix, *map(str, numbers), *argv]


def own() -> Identity:
    """Return the identity of this process."""
    return Identity("self", os.geteuid(), os.getegid())


def choose(data: Path, binaries: Sequence[Path]) -> Identity:
    """Return an identity other than root that can enter ``data`` and run all ``binaries``.

    Raises CannotStartError where there is none.
    """
    if _is_named(os.geteuid()) and os.geteuid() != 0:
        return own()
    uid, gid = _nobody()
    candidates = [Identity("mapped", uid, gid)]
    if os.geteuid() == 0:
        candidates.insert(0, Identity("user", uid, gid))
    for identity in candidates:
        if all(_can_run(identity, data, binary) for binary in binaries):
            return identity
    if os.geteuid() != 0:
        message = (
            f"PostgreSQL asks for the name of its user, and number {os.geteuid()} has none on this "
            "machine, which allows no user namespaces either. Add a line for it to /etc/passwd, or "
            "set DATABASE_URL and DATABASE_OWNER_URL to a server of your own."
        )
        raise CannotStartError(message)
    message = (
        "PostgreSQL does not run as root; the user nobody cannot reach "
        f"{data} or {binaries[0].parent}; and this machine allows no user namespaces. "
        "Run Aegis as an ordinary user, or let others pass through the folders above these two "
        "(chmod o+x), or set DATABASE_URL and DATABASE_OWNER_URL to a server of your own."
    )
    raise CannotStartError(message)


def _is_named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _can_run(identity: Identity, data: Path, binary: Path) -> bool:
    trial = ["--reach", str(data), str(binary), "--version"]
    result = subprocess.run(  # noqa: S603 -- Our own launcher.
        identity.command(trial, death_signal=signal.SIGKILL),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=20,
    )
    return result.returncode == 0
