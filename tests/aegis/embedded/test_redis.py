import os
import signal
import stat
from collections.abc import Callable, Iterator

import pytest
import redis

from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.redis import RedisServer

Start = Callable[[], RedisServer]


@pytest.fixture
def start(found: EmbeddedConfig) -> Iterator[Start]:
    servers: list[RedisServer] = []

    def start_one() -> RedisServer:
        server = RedisServer(found)
        servers.append(server)
        server.start()
        return server

    yield start_one
    for server in servers:
        server.stop(hurry=True)


def client(found: EmbeddedConfig) -> redis.Redis:
    return redis.Redis.from_url(found.redis_url)


def test_it_answers_on_a_socket_of_its_user_alone(found: EmbeddedConfig, start: Start) -> None:
    start()
    with client(found) as connection:
        assert connection.ping()
        assert connection.config_get("port") == {"port": "0"}
    assert stat.S_IMODE(found.redis_socket.stat().st_mode) == 0o700


def test_it_keeps_nothing(found: EmbeddedConfig, start: Start) -> None:
    server = start()
    with client(found) as connection:
        connection.set("message", "hint")
    server.stop()
    start()
    with client(found) as connection:
        assert connection.get("message") is None
    assert not list(found.sockets.glob("*.rdb"))


def test_one_that_still_runs_is_stopped_first(found: EmbeddedConfig, start: Start) -> None:
    former, latter = start(), start()
    assert former.child is not None
    assert former.child.wait(5)
    assert latter.is_running()


def test_the_start_after_sigkill_works(found: EmbeddedConfig, start: Start) -> None:
    former = start()
    assert former.child is not None
    os.kill(former.child.pid, signal.SIGKILL)
    assert start().is_running()


def test_a_stop_leaves_no_process(start: Start) -> None:
    server = start()
    server.stop()
    assert server.child is not None
    assert server.child.ended()
    assert not server.is_running()
