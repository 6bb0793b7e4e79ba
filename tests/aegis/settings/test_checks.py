import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections
from pytest_django.fixtures import Settings

from aegis.settings import checks

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def production(settings: Settings) -> Settings:
    """Return settings of an installation with which nothing is wrong."""
    settings.AEGIS_PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY = "n4V0q7TzL1y8Hc3Xr6Bw9Gd2Kf5Jm0Ps7Ua4Ye1Zi8Ob3QxWvNtC"
    settings.AEGIS_SIGNER = "vault"
    settings.ALLOWED_HOSTS = ["aegis.example"]
    settings.AEGIS_BASE_URL = "https://aegis.example"
    settings.SESSION_COOKIE_SECURE = True
    settings.CSRF_COOKIE_SECURE = True
    return settings


def codes() -> list[str | None]:
    return [message.id for message in checks.unsafe_settings()]


@pytest.mark.usefixtures("production")
def test_a_safe_installation_is_not_refused() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DEBUG", True, "aegis.E001"),
        ("SECRET_KEY", "n4V0q7TzL1y8", "aegis.E002"),
        ("SECRET_KEY", "a" * 60, "aegis.E002"),
        ("SECRET_KEY", "django-insecure-n4V0q7TzL1y8Hc3Xr6Bw9Gd2Kf5Jm0Ps7Ua4Ye1Zi8O", "aegis.E002"),
        ("AEGIS_SIGNER", "development", "aegis.E003"),
        ("ALLOWED_HOSTS", [], "aegis.E006"),
        ("ALLOWED_HOSTS", ["*"], "aegis.E006"),
        ("AEGIS_BASE_URL", "http://aegis.example", "aegis.E007"),
        ("SESSION_COOKIE_SECURE", False, "aegis.E007"),
        ("CSRF_COOKIE_SECURE", False, "aegis.E007"),
    ],
)
def test_one_unsafe_setting_is_refused_by_its_own_sentence(
    production: Settings, name: str, value: object, code: str
) -> None:
    setattr(production, name, value)
    assert codes() == [code]


def test_one_role_for_both_jobs_is_refused(
    production: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        production.DATABASES["owner"], "USER", production.DATABASES["default"]["USER"]
    )
    assert codes() == ["aegis.E004"]


def test_outside_production_nothing_is_refused(production: Settings) -> None:
    production.AEGIS_PRODUCTION = False
    production.SECRET_KEY = "short"
    assert codes() == []


@pytest.mark.django_db
def test_the_role_of_the_application_owns_nothing() -> None:
    assert checks.role_in_database() == []


@pytest.fixture
def superuser(django_user_model: type[AbstractBaseUser]) -> Iterator[AbstractBaseUser]:
    """Return somebody whom the database refuses, made while its constraint is away."""
    table, constraint = "accounts_user", "accounts_user_is_no_superuser"
    with connections["owner"].cursor() as owner:
        owner.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
        )
        (definition,) = owner.fetchone()
        owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        person = django_user_model(username="root", email="root@example.org", is_superuser=True)
        person.save()
        yield person
        owner.execute(f"UPDATE {table} SET is_superuser = false")
        owner.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_an_active_superuser_is_refused(superuser: AbstractBaseUser) -> None:
    assert [error.id for error in checks.superusers()] == ["aegis.E005"]
    superuser.is_active = False
    superuser.save()
    assert checks.superusers() == []


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_role_that_owns_the_tables_is_refused() -> None:
    assert checks.role_in_database("owner")[0].id == "aegis.E004"


UNSAFE = {
    "DJANGO_SETTINGS_MODULE": "aegis.settings.production",
    "AEGIS_SECRET_KEY": "short",
    "AEGIS_BASE_URL": "http://aegis.example",
    "DATABASE_URL": "postgresql://aegis@127.0.0.1:1/aegis",
    "DATABASE_OWNER_URL": "postgresql://aegis@127.0.0.1:1/aegis",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import aegis.wsgi"],
        ["-m", "celery", "-A", "aegis.celery:app", "worker", "--pool", "solo"],
    ],
)
def test_no_process_starts_over_unsafe_settings(command: list[str]) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=kept | UNSAFE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "Aegis refuses to start" in done.stderr
    for number in (2, 3, 4, 6, 7):
        assert f"aegis.E00{number}" in done.stderr
