import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from aegis.embedded import ensure, postmaster
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.locks import FileLock
from aegis.embedded.options import ROOT
from aegis.embedded.postgres import PostgresServer
from tests.harness.stack import OF_TESTS

# A command that uses the database for a while, as `manage.py shell` does.
USER = """
import sys
from pathlib import Path
from aegis.embedded import ensure
with ensure.database({"AEGIS_DATA": sys.argv[1]}):
    print("ready", flush=True)
    sys.stdin.read()
"""

USING = (sys.executable, "-c", USER)


def command(found: EmbeddedConfig) -> subprocess.Popen[str]:
    running = subprocess.Popen(
        [*USING, str(found.data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    return running


def answers(found: EmbeddedConfig) -> bool:
    with psycopg.connect(found.database_url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_a_command_has_the_database_for_its_own_time(found: EmbeddedConfig) -> None:
    with ensure.database({"AEGIS_DATA": str(found.data)}):
        assert answers(found)
    assert not any(postmaster.running(found))


def test_a_command_joins_the_server_that_runs(found: EmbeddedConfig) -> None:
    server = PostgresServer(found)
    server.start()
    try:
        with ensure.database({"AEGIS_DATA": str(found.data)}):
            assert answers(found)
        assert answers(found)
    finally:
        server.stop()


def test_whoever_started_the_server_waits_for_those_who_joined(found: EmbeddedConfig) -> None:
    with command(found) as first, command(found) as second:
        assert first.stdin is not None
        assert second.stdin is not None
        first.stdin.close()
        time.sleep(0.5)
        assert first.poll() is None
        assert answers(found)
        second.stdin.close()
        assert first.wait(10) == 0
    assert not any(postmaster.running(found))


def test_a_command_leaves_it_to_the_stack_to_start_its_server(found: EmbeddedConfig) -> None:
    stack = FileLock(found.data / "stack.lock")
    stack.take()
    server = PostgresServer(found)
    with subprocess.Popen([*USING, str(found.data)], stdin=subprocess.PIPE, cwd=ROOT) as running:
        time.sleep(1)
        assert not server.is_running()
        server.start()
        running.communicate(timeout=20)
        assert running.returncode == 0
    assert answers(found)
    server.stop()
    stack.release()


def test_a_database_of_one_s_own_is_left_alone(folder: Path) -> None:
    url = "postgresql://somewhere/aegis"
    environment = {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "AEGIS_DATA": str(folder / "x")}
    with ensure.database(environment):
        assert not (folder / "x").exists()


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        ([], False),
        (["help"], False),
        (["--version"], False),
        (["migrate", "--help"], False),
        (["collectstatic"], False),
        (["migrate"], True),
        (["shell"], True),
        (["audit_verify"], True),
    ],
)
def test_a_server_is_started_for_commands_that_use_it(words: list[str], needs: bool) -> None:
    assert ensure.command_needs_database(["manage.py", *words], {}) is needs


def test_other_settings_bring_their_own_database() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "aegis.settings.production"}
    assert not ensure.command_needs_database(["manage.py", "migrate"], environment)


def test_a_command_that_cannot_have_the_database_ends_with_a_sentence(folder: Path) -> None:
    (folder / "var").write_text("a file")
    environment = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
    result = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env={**environment, "AEGIS_DATA": str(folder / "var")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith(f"The data folder {folder}/var cannot be used")
    assert "Traceback" not in result.stderr
