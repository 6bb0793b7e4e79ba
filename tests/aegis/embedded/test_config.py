import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from aegis.embedded import config
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.errors import CannotStartError


def test_the_file_of_secrets_is_its_owner_s_alone(found: EmbeddedConfig) -> None:
    assert stat.S_IMODE((found.data / "secrets.json").stat().st_mode) == 0o600


def test_secrets_are_made_once(found: EmbeddedConfig) -> None:
    assert config.load(found.data) == found


def test_two_folders_share_no_secret(found: EmbeddedConfig, folder: Path) -> None:
    other = config.load(folder / "other")
    secrets = {found.secret_key, *found.passwords.values()}
    assert len(secrets) == 4
    assert secrets.isdisjoint({other.secret_key, *other.passwords.values()})


def test_of_many_processes_at_once_all_get_the_same_secrets(folder: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: config.load(folder / "var").secret_key, range(64)))
    assert len(set(keys)) == 1
    assert [path.name for path in (folder / "var").iterdir()] == ["secrets.json"]


def test_the_application_and_the_owner_are_different_roles(found: EmbeddedConfig) -> None:
    application = psycopg.conninfo.conninfo_to_dict(found.database_url)
    owner = psycopg.conninfo.conninfo_to_dict(found.database_owner_url)
    assert (application["user"], owner["user"]) == ("aegis_app", "aegis_owner")
    assert application["password"] != owner["password"]
    assert application["host"] == owner["host"] == str(found.sockets)


@pytest.mark.parametrize("name", ["deep/" * 30, "with space", "ünïcode,comma", "x" * 90])
def test_sockets_have_a_short_and_plain_path_wherever_the_data_is(folder: Path, name: str) -> None:
    found = config.load(folder / name)
    assert len(bytes(found.redis_socket)) <= 107
    assert len(bytes(found.sockets / ".s.PGSQL.5432.lock")) <= 107
    assert psycopg.conninfo.conninfo_to_dict(found.database_url)["host"] == str(found.sockets)
    assert config.load(folder / name).sockets == found.sockets


def test_a_folder_that_may_not_be_written_is_named_in_a_sentence(
    folder: Path, as_other_user: Callable[[Callable[[], str]], str]
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o500)

    def load() -> str:
        try:
            config.load(closed)
        except CannotStartError as error:
            return str(error)
        return "It could be used."

    answer = as_other_user(load)
    assert answer.startswith(f"The data folder {closed} cannot be used: permission denied")
    assert "Set AEGIS_DATA" in answer


def test_a_file_in_the_folder_s_place_is_named_in_a_sentence(folder: Path) -> None:
    (folder / "var").write_text("a file")
    with pytest.raises(CannotStartError, match=f"The data folder {folder}/var cannot be used"):
        config.load(folder / "var")


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"secret_key": 1}'])
def test_a_damaged_file_of_secrets_is_not_replaced(folder: Path, text: str) -> None:
    path = folder / "secrets.json"
    path.write_text(text)
    with pytest.raises(CannotStartError, match="is not a file of secrets that Aegis wrote"):
        config.load(folder)
    assert path.read_text() == text


def test_reading_the_configuration_loads_neither_django_nor_a_driver() -> None:
    program = (
        "import sys, aegis.embedded.config\n"
        "print([name for name in ('django', 'psycopg', 'redis') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert answer.stdout.strip() == b"[]"
