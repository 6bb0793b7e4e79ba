import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from aegis.problems import Unavailable
from aegis.settings import checks, tracking
from aegis.settings.tracking import VARIABLE, TrackingServer
from imports.sources.mlflow.credentials import sign_in_headers

CANARY = "canary-7f3a9c"
URI = "https://mlflow.example/team"


def read(monkeypatch: pytest.MonkeyPatch, servers: Any) -> dict[str, TrackingServer]:
    monkeypatch.setenv(VARIABLE, json.dumps(servers))
    return tracking.read()


def test_none_is_configured_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert tracking.read() == {}


@pytest.mark.parametrize(
    ("credential", "header"),
    [
        ({}, None),
        ({"token": CANARY}, f"Bearer {CANARY}"),
        ({"token_env": "MLFLOW_TOKEN_OF_TESTS"}, f"Bearer {CANARY}"),
        ({"username": "aegis", "password": "wörd"}, "Basic YWVnaXM6d8O2cmQ="),
    ],
)
def test_each_way_to_sign_in_makes_one_header(
    credential: dict[str, str], header: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TOKEN_OF_TESTS", f"{CANARY}\n")
    server = read(monkeypatch, {"main": {"uri": f"{URI}/", "credential": credential}})["main"]
    assert (server.name, server.uri) == ("main", URI)
    assert server.signs_in == bool(credential)
    assert sign_in_headers(server).get("Authorization") == header


def test_a_token_in_a_file_is_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token"
    given = {"main": {"uri": URI, "credential": {"token_file": str(path)}}}
    server = read(monkeypatch, given)["main"]
    with pytest.raises(Unavailable, match="no token to sign in to the MLflow server main"):
        sign_in_headers(server)
    for token in ("first", "second"):
        path.write_text(f"{token}\n")
        assert sign_in_headers(server) == {"Authorization": f"Bearer {token}"}
    for unfit in ("", "two\r\nlines: x", "\x00"):
        path.write_text(unfit)
        with pytest.raises(Unavailable):
            sign_in_headers(server)


@pytest.mark.parametrize(
    "servers",
    [
        {"main": CANARY},
        {"main": {"credential": {"token": CANARY}}},
        {"main": {"uri": URI, "password": CANARY}},
        {"main": {"uri": URI, "credential": CANARY}},
        {"main": {"uri": URI, "credential": {"token": CANARY, "token_env": "HOME"}}},
        {"main": {"uri": URI, "credential": {"username": "aegis"}}},
        {"main": {"uri": URI, "credential": {"token": f"{CANARY}\r\nX-Other: 1"}}},
        {"main": {"uri": URI, "credential": {"token": ""}}},
        {"main": {"uri": URI, "credential": {"token": 7}}},
        {"main": {"uri": URI, "credential": {"username": "a:b", "password": CANARY}}},
        {"main": {"uri": URI, "credential": {"token_file": f"relative/{CANARY}"}}},
        {"main": {"uri": URI, "credential": {"token_env": "NO_SUCH_VARIABLE_HERE"}}},
        {"main": {"uri": URI, "credential": {"token_env": "not a name"}}},
        {"main": {"uri": f"https://aegis:{CANARY}@mlflow.example"}},
        {"main": {"uri": f"https://mlflow.example?token={CANARY}"}},
        {"main": {"uri": "sqlite:///mlflow.db"}},
        {"main": {"uri": "https://mlflow.example:port"}},
        {"main": {"uri": 7}},
        {"my server": {"uri": URI}},
    ],
)
def test_what_cannot_be_right_is_refused_without_its_secret(
    servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(monkeypatch, servers)
    assert str(refused.value).startswith(f"{VARIABLE} ")
    assert CANARY not in str(refused.value)


def test_no_text_of_a_server_shows_its_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    for credential in ({"token": CANARY}, {"username": "aegis", "password": CANARY}):
        given = {"main": {"uri": URI, "credential": credential}}
        servers = read(monkeypatch, given)
        assert CANARY not in f"{servers!r} {servers['main']} {servers!s}"
        assert pickle.loads(pickle.dumps(servers)) == servers


def test_a_credential_that_travels_in_the_clear_is_warned_of(settings: Settings) -> None:
    settings.AEGIS_MLFLOW_TRACKING_URIS = {
        "safe": TrackingServer("safe", URI, token=CANARY),
        "near": TrackingServer("near", "http://127.0.0.1:5000", token=CANARY),
        "open": TrackingServer("open", "http://mlflow.internal:5000"),
    }
    assert checks.tracking_servers() == []
    settings.AEGIS_MLFLOW_TRACKING_URIS["far"] = TrackingServer(
        "far", "http://mlflow.internal", token=CANARY
    )
    (warning,) = checks.tracking_servers()
    assert warning.id == "aegis.W001"
    assert "far" in warning.msg
    assert CANARY not in f"{warning.msg} {warning.hint}"
