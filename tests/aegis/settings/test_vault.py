from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from aegis.settings import checks, vault

NAMES = (
    *("VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_CACERT", "AEGIS_VAULT_AUTH"),
    *("AEGIS_VAULT_TOKEN_FILE", "AEGIS_VAULT_ROLE_ID", "AEGIS_VAULT_SECRET_ID"),
    *("AEGIS_VAULT_SECRET_ID_FILE", "AEGIS_VAULT_JWT_ROLE", "AEGIS_VAULT_JWT"),
    *("AEGIS_VAULT_JWT_FILE", "AEGIS_VAULT_AUTH_MOUNT", "AEGIS_VAULT_TRANSIT_MOUNT"),
    "AEGIS_PROCESS",
)
ADDRESS = "https://vault.example:8200"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def read(environment: pytest.MonkeyPatch, **values: str) -> vault.Vault:
    for name, value in {"VAULT_ADDR": ADDRESS, **values}.items():
        environment.setenv(name, value)
    found = vault.read()
    assert found is not None
    return found


def test_without_an_address_there_is_no_vault() -> None:
    assert vault.read() is None


def test_a_secret_is_given_or_lies_in_a_file(environment: pytest.MonkeyPatch) -> None:
    found = read(
        environment,
        AEGIS_VAULT_AUTH="approle",
        AEGIS_VAULT_ROLE_ID="a-role",
        AEGIS_VAULT_SECRET_ID_FILE="/run/secrets/secret-id",
        VAULT_NAMESPACE="ml",
    )
    assert (found.address, found.auth, found.role) == (ADDRESS, "approle", "a-role")
    assert found.secret_file == Path("/run/secrets/secret-id")
    assert (found.auth_mount, found.transit_mount, found.namespace) == ("approle", "transit", "ml")
    assert vault.missing(found) == []


def test_a_secret_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    found = read(environment, VAULT_TOKEN="s.canary")
    assert found.secret == "s.canary"
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        ("token", ["VAULT_TOKEN or AEGIS_VAULT_TOKEN_FILE"]),
        (
            "approle",
            ["AEGIS_VAULT_ROLE_ID", "AEGIS_VAULT_SECRET_ID_FILE or AEGIS_VAULT_SECRET_ID"],
        ),
        ("jwt", ["AEGIS_VAULT_JWT_ROLE", "AEGIS_VAULT_JWT_FILE or AEGIS_VAULT_JWT"]),
    ],
)
def test_what_is_missing_is_named(
    environment: pytest.MonkeyPatch, auth: str, wanted: list[str]
) -> None:
    assert vault.missing(read(environment, AEGIS_VAULT_AUTH=auth)) == wanted


@pytest.mark.parametrize(
    "address",
    ["vault.example", "ftp://vault.example", "https://", "https://me:canary@vault.example"],
)
def test_an_address_that_cannot_be_right_stops_the_start(
    environment: pytest.MonkeyPatch, address: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match="VAULT_ADDR") as caught:
        read(environment, VAULT_ADDR=address)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "token", "codes"),
    [
        (ADDRESS, "s.good", []),
        ("http://127.0.0.1:8200", "s.good", []),
        ("http://vault.example", "s.good", ["aegis.E009"]),
        (ADDRESS, "", ["aegis.E008"]),
    ],
)
def test_production_refuses_a_vault_that_cannot_be_used_safely(
    environment: pytest.MonkeyPatch,
    settings: Settings,
    address: str,
    token: str,
    codes: list[str],
) -> None:
    settings.AEGIS_VAULT = read(environment, VAULT_ADDR=address, VAULT_TOKEN=token)
    assert [error.id for error in checks.vault_access()] == codes


def test_a_web_process_needs_no_token(environment: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.AEGIS_VAULT = read(environment, AEGIS_PROCESS="web")
    assert checks.vault_access() == []
