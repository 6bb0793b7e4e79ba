from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from tests.harness import run
from tests.harness.worker import Worker

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def no_database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point the application at a port where nothing listens."""
    connection = connections["default"]
    connection.close()
    with monkeypatch.context() as changed:
        changed.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        changed.setitem(connection.settings_dict, "PORT", "1")
        yield
    connection.close()


def test_a_process_that_serves_is_alive(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_it_is_alive_without_a_database(client: Client, no_database: None) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.worker
def test_it_is_ready_where_every_part_answers(
    client: Client, worker: Worker, settings: Settings
) -> None:
    settings.REDIS_URL = run.worker_redis_url()
    response = client.get("/readyz")
    assert response.json() == {
        "ready": True,
        "parts": {"database": "ok", "migrations": "ok", "redis": "ok", "worker": "ok"},
        "notices": {"imports": "ok", "signer": "ok", "storage": "ok"},
    }
    assert response.status_code == 200


@pytest.mark.django_db
def test_a_missing_redis_is_named(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"] == {
        "database": "ok",
        "migrations": "ok",
        "redis": "Redis does not answer.",
        "worker": "Not asked, because it rests on what is missing: redis.",
    }


@pytest.mark.django_db
def test_a_missing_worker_is_named_by_its_queues(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    sentence = "No worker serves the queues default, signing and mail."
    assert response.json()["parts"]["worker"] == sentence
    sentence = "No worker serves the queues imports and packages; what is in there waits."
    assert response.json()["notices"]["imports"] == sentence


def test_a_missing_database_is_named(client: Client, no_database: None, settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE
    response = client.get("/readyz")
    assert response.status_code == 503
    parts = response.json()["parts"]
    assert parts["database"] == "PostgreSQL does not answer."
    assert parts["migrations"] == "Not asked, because it rests on what is missing: database."


@pytest.mark.django_db
def test_a_migration_that_has_not_run_is_named(
    client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "migrations_to_come"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "0001_initial.py").write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings.REDIS_URL = NOWHERE
    settings.MIGRATION_MODULES = {"pages": "migrations_to_come"}
    parts = client.get("/readyz").json()["parts"]
    assert parts["migrations"] == "Not all migrations have run (1 to go): python manage.py migrate."


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_are_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_metrics_count_by_route_and_never_by_path(client: Client) -> None:
    client.get("/healthz")
    client.get("/models/a-secret-name/no/such/page/")
    page = client.get("/metrics").content.decode()
    assert 'aegis_requests_total{method="GET",route="healthz",status="200"}' in page
    assert "a-secret-name" not in page
