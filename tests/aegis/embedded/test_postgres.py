import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from aegis.embedded import config, postmaster
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.errors import CannotStartError
from aegis.embedded.postgres import PostgresServer

Start = Callable[[], PostgresServer]

# A program that starts the server as the stack does, and then waits.
HOLDER = """
import sys, time
from pathlib import Path
from aegis.embedded import config
from aegis.embedded.postgres import PostgresServer
server = PostgresServer(config.load(Path(sys.argv[1])))
server.start()
print(server.child.pid, flush=True)
time.sleep(60)
"""


def write(found: EmbeddedConfig, value: str) -> None:
    with psycopg.connect(found.database_owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def read(found: EmbeddedConfig) -> list[str]:
    with psycopg.connect(found.database_owner_url) as connection:
        return [value for (value,) in connection.execute("SELECT value FROM kept").fetchall()]


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


def wait_for(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine ()",
        "CREATE TEMP TABLE mine ()",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "SELECT lo_create(0)",
        "SELECT lo_creat(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SET session_replication_role = replica",
        "SET ROLE aegis_owner",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_application_role_can_own_nothing(shared: PostgresServer, statement: str) -> None:
    with (
        psycopg.connect(shared.config.database_url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_the_application_role_reaches_its_own_database_only(
    shared: PostgresServer, database: str
) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(shared.config.database_url, dbname=database)


def test_the_owner_is_no_superuser_and_owns_the_tables(shared: PostgresServer) -> None:
    with psycopg.connect(shared.config.database_owner_url) as connection:
        connection.execute("CREATE TABLE its (value text)")
        owner = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'its'")
        assert owner.fetchone() == ("aegis_owner",)
        power = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert power.fetchone() == (False, False, False)
        connection.rollback()


def test_a_wrong_password_does_not_open_the_socket(shared: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(shared.config.database_url, password="guessed")


def test_the_server_listens_on_no_port_and_its_folders_are_closed(shared: PostgresServer) -> None:
    with shared.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW data_checksums").fetchone() is not None
    for path in (shared.config.sockets, shared.config.postgres):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_what_a_statement_holds_is_not_logged(shared: PostgresServer) -> None:
    with (
        psycopg.connect(shared.config.database_url) as connection,
        suppress(psycopg.Error),
    ):
        connection.execute("SELECT 'canary-5523' FROM nowhere")
    log = (shared.config.logs / "postgres.log").read_text()
    assert "canary-5523" not in log


def test_root_s_server_does_not_run_as_root(shared: PostgresServer) -> None:
    assert shared.child is not None
    lines = Path(f"/proc/{shared.child.pid}/status").read_text().splitlines()
    powers = next(line.split()[1] for line in lines if line.startswith("CapEff"))
    assert int(powers, 16) == 0


def test_a_folder_that_nobody_reaches_still_serves(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = PostgresServer(config.load(closed / "var"), fast=True)
    server.start()
    try:
        assert server.is_running()
    finally:
        server.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_folder_of_sockets_outside_the_data_is_gone_after_the_stop(folder: Path) -> None:
    found = config.load(folder / ("long" * 20))
    server = PostgresServer(found, fast=True)
    server.start()
    try:
        assert found.sockets.parent == Path("/tmp")
        assert stat.S_IMODE(found.sockets.stat().st_mode) == 0o700
    finally:
        server.stop()
    assert not found.sockets.exists()


def test_a_stop_keeps_what_was_written(found: EmbeddedConfig, start: Start) -> None:
    server = start()
    write(found, "first")
    server.stop()
    assert not server.is_running()
    start()
    assert read(found) == ["first"]


def test_the_start_after_sigkill_of_the_server_keeps_what_was_written(
    found: EmbeddedConfig, start: Start
) -> None:
    server = start()
    write(found, "first")
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    start()
    assert read(found) == ["first"]


def test_the_server_ends_with_the_process_that_started_it(
    found: EmbeddedConfig, start: Start
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(found.data)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        server = int(holder.stdout.readline())
        write(found, "first")
        holder.kill()
    assert wait_for(lambda: not is_alive(server))
    assert wait_for(lambda: not any(postmaster.running(found)))
    start()
    assert read(found) == ["first"]


def test_a_server_that_still_runs_is_stopped_first(found: EmbeddedConfig, start: Start) -> None:
    former = start()
    write(found, "first")
    latter = start()
    assert former.child is not None
    assert former.child.wait(5)
    assert read(found) == ["first"]
    assert latter.is_running()


def test_a_number_that_another_program_has_now_is_not_taken_for_a_server(
    found: EmbeddedConfig, start: Start
) -> None:
    start().stop()
    for path in (
        found.postgres / "postmaster.pid",
        found.sockets / ".s.PGSQL.5432.lock",
    ):
        path.write_text(f"{os.getpid()}\n{found.postgres}\n")
    start()
    assert is_alive(os.getpid())


def test_an_interrupted_first_start_is_made_good(found: EmbeddedConfig, start: Start) -> None:
    draft = found.data / "postgres.new"
    draft.mkdir()
    (draft / "half").write_text("of a cluster")
    start()
    assert not draft.exists()


def test_other_secrets_get_a_sentence(found: EmbeddedConfig, start: Start) -> None:
    start().stop()
    (found.data / "secrets.json").unlink()
    server = PostgresServer(config.load(found.data), fast=True)
    with pytest.raises(CannotStartError, match="does not open the database"):
        server.start()
    assert not any(postmaster.running(found))


def test_a_cluster_of_another_version_gets_a_sentence(found: EmbeddedConfig, start: Start) -> None:
    start().stop()
    (found.postgres / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotStartError, match="was written by PostgreSQL 12"):
        PostgresServer(found).start()


def test_a_folder_of_sockets_that_others_may_enter_is_refused(found: EmbeddedConfig) -> None:
    found.sockets.mkdir()
    found.sockets.chmod(0o755)
    with pytest.raises(CannotStartError, match="must be a folder that nobody else can enter"):
        PostgresServer(found).start()


def test_programs_that_are_not_there_get_a_sentence(
    found: EmbeddedConfig, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEGIS_POSTGRES_BIN", str(folder))
    with pytest.raises(CannotStartError, match=f"There is no PostgreSQL in {folder}"):
        PostgresServer(found)


def test_the_second_start_takes_less_than_three_seconds(
    found: EmbeddedConfig, start: Start
) -> None:
    start().stop()
    began = time.monotonic()
    start()
    assert time.monotonic() - began < 3
