"""The databases of the tests: one migrated template, and a clone of it for each process."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from aegis.embedded import roles
from aegis.embedded.config import DATABASE, OWNER
from aegis.embedded.locks import held
from aegis.embedded.postgres import PostgresServer
from tests.harness import run

ROOT = Path(__file__).resolve().parent.parent.parent

# What the migrated database depends on: tables, triggers, permissions and grants.
SOURCES = (
    "*/migrations/*.py",
    "*/*/migrations/*.py",
    "*/models.py",
    "*/*/models.py",
    "*/models/*.py",
    "*/*/models/*.py",
    "aegis/firm.py",
    "aegis/apps.py",
    "aegis/database/*.py",
    "aegis/embedded/roles.py",
    "aegis/management/commands/migrate.py",
    "aegis/settings/base.py",
    "requirements-dev.lock",
)
KEPT_TEMPLATES = 3


def start(cache_folder: Path) -> PostgresServer:
    """Start the run's server with a migrated template in it, a copy of an earlier run's if good."""
    found = run.servers()
    server = PostgresServer(found, fast=True)
    kept = cache_folder / key()
    with held(cache_folder / "lock"):
        if kept.exists():
            os.utime(kept)
            shutil.copytree(kept, found.postgres)
        else:
            server.start()
            _migrate()
            server.stop()
            _keep(found.postgres, kept)
    server.start()
    return server


def key() -> str:
    """Return a name for the database that the present code makes."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)}):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def clone() -> None:
    """Give this process a fresh copy of the template; sessions on the old one are ended."""
    name = sql.Identifier(run.database())
    connection = _admin()
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    # Copying files takes 40 ms, copying through the log 65 (measured).
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
            name, sql.Identifier(DATABASE), sql.Identifier(OWNER)
        )
    )
    roles.close_database(connection, run.database())


@cache
def _admin() -> psycopg.Connection:
    """Return this process's session of the cluster's superuser."""
    return PostgresServer(run.servers()).connect()


def _migrate() -> None:
    found = run.servers()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "aegis.settings.test",
        "DATABASE_URL": found.database_url,
        "DATABASE_OWNER_URL": found.database_owner_url,
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )


def _keep(cluster: Path, kept: Path) -> None:
    """Keep a stopped cluster for later runs, and forget the oldest ones."""
    draft = kept.with_suffix(f".{os.getpid()}")
    shutil.copytree(cluster, draft)
    draft.rename(kept)
    for old in sorted(kept.parent.glob("?" * 16), key=_age)[KEPT_TEMPLATES:]:
        shutil.rmtree(old)


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
