"""boto3 as it is let out: by the rules of every other request, with nobody else's credential."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Forbidden, Unavailable
from aegis.settings.import_buckets import ImportBucket
from imports.sources.s3.connecting import Connection
from imports.sources.s3.objects import find, listing

KEY = {"access_key_id": "mine", "secret_access_key": "mine-too"}


class Recording(ThreadingHTTPServer):
    """Answers nothing but 404, or a body that never ends, and keeps what it was told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[dict[str, str]] = []
        self.endless = False


class _Handler(BaseHTTPRequestHandler):
    server: Recording

    def do_GET(self) -> None:
        self.server.told.append({"path": self.path, **dict(self.headers)})
        self.send_response(200 if self.server.endless else 404)
        self.end_headers()
        while self.server.endless:
            try:
                self.wfile.write(b"<" * 1024**2)
            except OSError:
                return

    do_HEAD = do_GET  # noqa: N815 -- As the library asks.

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- The library's name.
        """Say nothing."""


@pytest.fixture
def server(settings: Settings) -> Iterator[Recording]:
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1"})
    with Recording() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def place(server: Recording, **changed: Any) -> ImportBucket:
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    return ImportBucket("m", "models", **{"endpoint_url": endpoint, "credential": KEY, **changed})


@pytest.fixture
def misleading(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """What boto3 would believe if it were asked to look around."""
    config = tmp_path / "config"
    config.write_text("[profile other]\nregion = xx-1\nendpoint_url = http://127.0.0.1:1\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "of-the-store",
        "AWS_SECRET_ACCESS_KEY": "of-the-store",
        "AWS_SESSION_TOKEN": "of-the-store",
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(config),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_REGION": "xx-1",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nowhere",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("misleading")
@pytest.mark.parametrize("credential", [KEY, {}])
def test_nothing_of_the_environment_reaches_a_bucket(
    server: Recording, credential: dict[str, str]
) -> None:
    with (
        Connection(place(server, credential=credential)).open() as bucket,
        pytest.raises(Unavailable, match="answers 404 where"),
    ):
        next(listing(bucket, "m/"))
    assert server.told
    for told in server.told:
        assert "of-the-store" not in str(told)
        assert "mine-too" not in str(told)
        assert ("mine/" in told.get("Authorization", "")) == bool(credential)
        assert ("xx-1" in str(told)) is False


def test_only_the_guarded_connections_are_opened(
    server: Recording, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AEGIS_EGRESS_ALLOW = frozenset()
    with Connection(place(server)).open() as bucket, pytest.raises(Forbidden) as refusal:
        find(bucket, "m/a")
    assert refusal.value.code == "egress_refused"
    # A public name that leads inwards is found out by the address that it has.
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 443))],
    )
    outside = place(server, endpoint_url="https://s3.example")
    with Connection(outside).open() as bucket, pytest.raises(Forbidden) as refusal:
        find(bucket, "m/a")
    assert refusal.value.code == "egress_refused"
    assert server.told == []


def test_an_answer_that_does_not_end_is_not_read_to_its_end(
    server: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.sources.s3.connecting.PAUSES", ())
    server.endless = True
    with Connection(place(server)).open() as bucket, pytest.raises(Unavailable) as refusal:
        next(listing(bucket, "m/"))
    assert refusal.value.code == "s3_away"
    assert "which is not read" in refusal.value.sentence
