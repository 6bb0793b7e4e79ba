import socket
from pathlib import Path

import pytest

from aegis.embedded import options
from aegis.embedded.errors import CannotStartError


def test_without_an_environment_the_defaults_hold() -> None:
    chosen = options.read({})
    assert (chosen.host, chosen.port, chosen.url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert chosen.data == options.ROOT / "var"
    assert chosen.runs_database
    assert chosen.runs_redis


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("registry.corp.example", "http://registry.corp.example:8000"),
    ],
)
def test_the_address_is_one_that_this_machine_can_open(host: str, url: str) -> None:
    assert options.read({"AEGIS_HOST": host}).url == url


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8000.0", "²"])
def test_a_port_that_is_none_gets_a_sentence(port: str) -> None:
    with pytest.raises(CannotStartError, match=r"AEGIS_PORT is .*whole number from 1 to 65535"):
        options.read({"AEGIS_PORT": port})


def test_an_empty_variable_counts_as_unset() -> None:
    assert options.read({"AEGIS_PORT": "", "AEGIS_DATA": " "}) == options.read({})


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
def test_half_of_a_database_gets_a_sentence(name: str) -> None:
    with pytest.raises(CannotStartError, match=f"Only {name} is set"):
        options.read({name: "postgresql://somewhere/aegis"})


def test_servers_of_one_s_own_are_not_started() -> None:
    url = "postgresql://somewhere/aegis"
    environment = {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "REDIS_URL": "redis://x/0"}
    chosen = options.read(environment)
    assert not chosen.runs_database
    assert not chosen.runs_redis


def test_a_taken_port_gets_a_sentence_that_says_what_to_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStartError, match=f"port {port}: address already in use.*_PORT"):
            options.require_free_port(options.read({"AEGIS_PORT": str(port)}))
    options.require_free_port(options.read({"AEGIS_PORT": str(port)}))


def test_an_address_of_another_machine_gets_a_sentence() -> None:
    chosen = options.Options(Path("var"), "192.0.2.1", 8000, runs_database=True, runs_redis=True)
    with pytest.raises(CannotStartError, match=r"cannot listen on 192\.0\.2\.1"):
        options.require_free_port(chosen)
