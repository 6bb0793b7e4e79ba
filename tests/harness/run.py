"""Where one run of the tests keeps its servers, and how each of its processes reaches them.

The first process (the only one, or xdist's controller) makes the folder; xdist's workers inherit
its name and add their own to those of databases and folders.
"""

import atexit
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from aegis.embedded import config
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.locks import FileLock

FOLDER = "AEGIS_TEST_RUN"
OF_WORKER = "AEGIS_TEST_WORKER"
"""Set for a process that takes messages instead of running tests."""
PREFIX = "aegis-test-"

# Held as long as this process lives, so that no other run takes the folder for a stale one.
_locks: list[FileLock] = []


def is_first() -> bool:
    """Tell whether this process starts the servers that all share."""
    return "PYTEST_XDIST_WORKER" not in os.environ


def worker() -> str:
    """Return the name of this process among those that run tests."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def folder() -> Path:
    """Return the run's folder, made on the first call of the first process."""
    if FOLDER not in os.environ:
        _remove_stale()
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
        made.chmod(0o711)  # PostgreSQL runs as another user where the tests run as root.
        _write_secrets(made)
        _locks.append(FileLock(made / "lock"))
        _locks[0].take()
        os.environ[FOLDER] = str(made)
        atexit.register(_remove, made, os.getpid())
    return Path(os.environ[FOLDER])


def servers() -> EmbeddedConfig:
    """Return the configuration of the run's PostgreSQL and Redis."""
    return config.load(folder())


def database() -> str:
    """Return the name of this process's database."""
    return f"aegis_{worker()}"


def redis_url() -> str:
    """Return the address of this process's Redis database."""
    return f"unix://{servers().redis_socket}?db={_first_redis_database()}"


def worker_redis_url() -> str:
    """Return the address of the Redis database from which this process's Celery worker reads."""
    return f"unix://{servers().redis_socket}?db={_first_redis_database() + 1}"


def data() -> Path:
    """Return this process's data folder."""
    return folder() / f"data-{worker()}"


def announce() -> None:
    """Put this process's addresses into the environment, where the settings read them."""
    found = servers()
    os.environ.update(
        {
            "AEGIS_SECRET_KEY": found.secret_key,
            "AEGIS_DATA": str(data()),
            "DATABASE_URL": _named(found.database_url),
            "DATABASE_OWNER_URL": _named(found.database_owner_url),
            "REDIS_URL": worker_redis_url() if OF_WORKER in os.environ else redis_url(),
        }
    )


def _named(url: str) -> str:
    return url.replace(f"/{config.DATABASE}?", f"/{database()}?")


def _first_redis_database() -> int:
    number = worker().removeprefix("gw")
    return 2 * (int(number) + 1) if number.isdigit() else 0


def _write_secrets(made: Path) -> None:
    # The same in every run: a copy of an earlier run's cluster must open with them.
    path = made / "secrets.json"
    path.touch(mode=0o600)
    path.write_text(
        json.dumps({name: f"only-for-tests-{name}-0123456789" for name in config.SECRETS})
    )


def _remove(made: Path, maker: int) -> None:
    # A fork of the first process ends without taking the folder with it.
    if os.getpid() == maker:
        shutil.rmtree(made, ignore_errors=True)


def _remove_stale() -> None:
    """Remove the folders of runs that were killed."""
    for found in Path("/tmp").glob(f"{PREFIX}*"):
        # Another run may end, and remove its folder, meanwhile.
        with suppress(FileNotFoundError):
            if found.stat().st_uid == os.geteuid():
                lock = FileLock(found / "lock")
                if (found / "lock").exists() and lock.take(wait=False):
                    shutil.rmtree(found, ignore_errors=True)
                lock.release()
