"""Have the embedded database for the time of one command, whether the stack runs or not."""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from aegis.embedded import config, options
from aegis.embedded.errors import CannotStartError
from aegis.embedded.locks import FileLock, held
from aegis.embedded.postgres import PostgresServer

# Commands that only read code, with which a database would be started for nothing.
WITHOUT_DATABASE = frozenset({"help", "version", "collectstatic", "spectacular", "startapp"})
JOIN_SECONDS = 90.0
POLL = 0.2
LOCAL_SETTINGS = "aegis.settings.local"


@contextmanager
def database(environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Hold the embedded PostgreSQL open: join the one that runs, else run one meanwhile.

    Does nothing where DATABASE_URL names another server. Raises CannotStartError.
    """
    if not options.read(environment).runs_database:
        yield
        return
    found = config.load(options.data_folder(environment))
    server = PostgresServer(found)
    users = FileLock(found.data / "postgres.users")
    is_ours = _join_or_start(server, users)
    try:
        yield
    finally:
        if is_ours:
            # Others may have joined; they would lose their sessions in the middle of their work.
            users.release()
            users.take()
            server.stop()
        users.release()


def _join_or_start(server: PostgresServer, users: FileLock) -> bool:
    """Take part in the use of the server; tell whether it had to be started for that.

    A server of the stack that is down for the moment is the stack's to start.
    """
    data = server.config.data
    deadline = time.monotonic() + JOIN_SECONDS
    while True:
        with held(data / "postgres.start"):
            users.take(shared=True)
            if server.is_running():
                return False
            if not FileLock(data / "stack.lock").is_held():
                server.start()
                users.sign(f"process {os.getpid()}: {' '.join(sys.argv)}")
                return True
            users.release()
        if time.monotonic() > deadline:
            raise CannotStartError(f"The stack that runs on {data} has no database; look at it.")
        time.sleep(POLL)


def command_needs_database(argv: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tell whether a management command works on the embedded database."""
    if environment.get("DJANGO_SETTINGS_MODULE", LOCAL_SETTINGS) != LOCAL_SETTINGS:
        return False
    words = argv[1:]
    asks_for_help = not words or {"-h", "--help", "--version"} & set(words)
    return not asks_for_help and words[0] not in WITHOUT_DATABASE


@contextmanager
def for_command(argv: Sequence[str]) -> Iterator[None]:
    """Have the database for a management command that needs it; end with a sentence if not."""
    try:
        if command_needs_database(argv, os.environ):
            with database():
                yield
        else:
            yield
    except CannotStartError as error:
        sys.exit(str(error))
