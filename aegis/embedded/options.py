"""Read what the person who starts the stack asked for in the environment."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aegis.embedded.errors import CannotStartError

ROOT = Path(__file__).resolve().parent.parent.parent
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}  # noqa: S104 -- Known, not bound.
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Options:
    """What to start and where; ``runs_database`` and ``runs_redis`` say whether they are ours."""

    data: Path
    host: str
    port: int
    runs_database: bool
    runs_redis: bool

    @property
    def url(self) -> str:
        """The address at which this machine reaches the web server."""
        host = WILDCARDS.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def read(environment: Mapping[str, str]) -> Options:
    """Return the options. Raises CannotStartError over one that cannot be."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    urls = {"DATABASE_URL", "DATABASE_OWNER_URL"} & given.keys()
    if len(urls) == 1:
        message = (
            f"Only {urls.pop()} is set. Set DATABASE_URL (the application's role) and "
            "DATABASE_OWNER_URL (the role that owns the tables), or neither."
        )
        raise CannotStartError(message)
    return Options(
        data=data_folder(environment),
        host=given.get("AEGIS_HOST", "127.0.0.1"),
        port=_port(given.get("AEGIS_PORT", "8000")),
        runs_database=not urls,
        runs_redis="REDIS_URL" not in given,
    )


def data_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that AEGIS_DATA names, ``var`` in the checkout otherwise."""
    named = environment.get("AEGIS_DATA", "").strip()
    return Path(named or ROOT / "var").expanduser().absolute()


def require_free_port(options: Options) -> None:
    """Raise CannotStartError where another program listens on the port."""
    try:
        found = socket.getaddrinfo(options.host.strip("[]"), options.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = (
            f"Aegis cannot listen on {options.host}, port {options.port}: {reason}. Choose "
            "another with AEGIS_PORT (and AEGIS_HOST), for instance: AEGIS_PORT=8001 make run"
        )
        raise CannotStartError(message) from error


def _port(value: str) -> int:
    port = int(value) if value.isascii() and value.isdigit() else 0
    if not 1 <= port <= HIGHEST_PORT:
        message = f"AEGIS_PORT is {value!r}; write a whole number from 1 to {HIGHEST_PORT}."
        raise CannotStartError(message)
    return port
