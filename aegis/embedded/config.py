"""Read where the embedded servers are and what opens them, without starting anything.

Settings call :func:`load` in every process, so it reads one small file and imports no Django.
"""

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from aegis.embedded.errors import CannotStartError

DATABASE = "aegis"
SUPERUSER = "postgres"
OWNER = "aegis_owner"
APPLICATION = "aegis_app"

# A socket's path has at most 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_LIMIT = 103
LONGEST_SOCKET = "/.s.PGSQL.5432.lock"

SECRETS = ("secret_key", *(f"password_{name}" for name in (SUPERUSER, OWNER, APPLICATION)))


@dataclass(frozen=True, slots=True)
class EmbeddedConfig:
    """Where the embedded servers of one data folder are, and what opens them.

    ``passwords`` maps a PostgreSQL role to its password. ``sockets`` is the private folder
    with both servers' sockets; ``postgres`` and ``logs`` lie in the data folder.
    """

    data: Path
    sockets: Path
    secret_key: str
    database_url: str
    database_owner_url: str
    redis_url: str
    passwords: Mapping[str, str]

    @property
    def postgres(self) -> Path:
        """The folder of PostgreSQL's cluster."""
        return self.data / "postgres"

    @property
    def cluster_name(self) -> str:
        """The name that PostgreSQL's processes bear in lists of processes."""
        return f"aegis-{_digest(self.data)}"

    @property
    def logs(self) -> Path:
        """The folder with one log file for each process."""
        return self.data / "logs"

    @property
    def redis_socket(self) -> Path:
        """The socket on which Redis listens."""
        return self.sockets / "redis.sock"


def load(data: Path) -> EmbeddedConfig:
    """Return the configuration of a data folder, making folder and secrets on first use.

    Raises CannotStartError where the folder cannot be used.
    """
    data = data.expanduser().absolute()
    try:
        _make_folder(data)
        found = _read_secrets(data / "secrets.json")
    except OSError as error:
        raise CannotStartError(_explain(data, error)) from error
    passwords = {name: found[f"password_{name}"] for name in (SUPERUSER, OWNER, APPLICATION)}
    sockets = socket_folder(data)
    return EmbeddedConfig(
        data=data,
        sockets=sockets,
        secret_key=found["secret_key"],
        database_url=_database_url(APPLICATION, passwords, sockets),
        database_owner_url=_database_url(OWNER, passwords, sockets),
        redis_url=f"unix://{sockets}/redis.sock?db=0",
        passwords=MappingProxyType(passwords),
    )


def socket_folder(data: Path) -> Path:
    """Return the folder for the sockets of a data folder: in it, or in /tmp if its path is long."""
    inside = data / "run"
    if len(os.fsencode(inside)) + len(LONGEST_SOCKET) <= SOCKET_PATH_LIMIT and _is_plain(inside):
        return inside
    return Path("/tmp") / f"aegis-{_digest(data)}"  # noqa: S108 -- Private, checked for its owner before use.


def _digest(data: Path) -> str:
    return hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:16]


def _is_plain(folder: Path) -> bool:
    # The path stands in URLs and in PostgreSQL's comma-separated list of socket folders.
    return all(character.isalnum() or character in "/._-" for character in str(folder))


def _database_url(role: str, passwords: Mapping[str, str], sockets: Path) -> str:
    return f"postgresql://{role}:{passwords[role]}@/{DATABASE}?host={sockets}"


def _make_folder(data: Path) -> None:
    # Root's servers run as another user, who must be able to pass through to their own folders.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    if not data.is_dir():
        data.parent.mkdir(parents=True, exist_ok=True)
        data.mkdir(mode=mode, exist_ok=True)


def _read_secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        _write_secrets(path)
    try:
        found = json.loads(path.read_text())
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in SECRETS):
        message = (
            f"{path} is not a file of secrets that Aegis wrote. Put back the one that belongs to "
            f"{path.parent}, or set AEGIS_DATA to another folder."
        )
        raise CannotStartError(message)
    return found


def _write_secrets(path: Path) -> None:
    """Make the file whole or not at all: of two processes at once, the first one's stays."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump({key: secrets.token_urlsafe(48) for key in SECRETS}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            return
        except OSError:
            # Some mounted folders know no hard links.
            Path(name).rename(path)
            return
    finally:
        Path(name).unlink(missing_ok=True)


def _explain(data: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return (
        f"The data folder {data} cannot be used: {reason} ({error.filename or data}). "
        "Set AEGIS_DATA to a folder that you may read and write."
    )
