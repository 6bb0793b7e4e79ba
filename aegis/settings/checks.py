"""Refuse an unsafe production installation, with a sentence for each reason.

``manage.py check`` prints them, and no web process, worker or beat starts over one.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Warned
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connections

from aegis.settings import env, tracking
from aegis.settings.vault import Vault, is_in_the_clear, missing

SHORTEST_SECRET_KEY = 50
FEWEST_LETTERS = 5
KNOWN_KEYS = ("django-insecure-", "only-for-tests-", "changeme", "change-me")

OWNS_TABLES = """
    SELECT EXISTS (
        SELECT 1 FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
        AND pg_catalog.pg_has_role(current_user, c.relowner, 'MEMBER')
    )
"""


def _error(number: int, sentence: str, hint: str) -> Error:
    return Error(sentence, hint=hint, id=f"aegis.E{number:03d}")


def debug() -> list[Error]:
    """Refuse DEBUG: its error pages show settings and code to strangers."""
    if not settings.DEBUG:
        return []
    return [_error(1, "DEBUG is on, and error pages would show code.", "Unset AEGIS_DEBUG.")]


def secret_key() -> list[Error]:
    """Refuse a secret key that is short, simple or known."""
    key = settings.SECRET_KEY
    strong = len(key) >= SHORTEST_SECRET_KEY and len(set(key)) >= FEWEST_LETTERS
    if strong and not key.lower().startswith(KNOWN_KEYS):
        return []
    sentence = "The secret key is a default or too short, so sessions could be forged."
    return [_error(2, sentence, "Set AEGIS_SECRET_KEY to 50 or more random letters.")]


def signer() -> list[Error]:
    """Refuse the development signer: whoever reads its folder can sign."""
    if settings.AEGIS_SIGNER != "development":
        return []
    sentence = "The development signer would sign, and its signatures prove nothing."
    return [_error(3, sentence, "Set VAULT_ADDR, AEGIS_VAULT_AUTH and AEGIS_SIGNING_KEY.")]


def vault_access() -> list[Error]:
    """Refuse a Vault that Aegis could not sign in to, or only by showing its token on the way."""
    vault: Vault | None = settings.AEGIS_VAULT
    if vault is None:
        return []
    errors = []
    # The web process asks Vault nothing, so it need not hold what signs in there.
    wanted = missing(vault) if env.optional("AEGIS_PROCESS") != "web" else []
    if wanted:
        sentence = f"Aegis could not sign in to Vault ({vault.auth}), so nothing would be signed."
        errors.append(_error(8, sentence, f"Set {' and '.join(wanted)}."))
    if is_in_the_clear(vault):
        sentence = "VAULT_ADDR is not https, so Aegis's token could be read on the way."
        errors.append(_error(9, sentence, "Set VAULT_ADDR to the https address of the Vault."))
    return errors


def one_role() -> list[Error]:
    """Refuse one role for the application and for migrations, as far as the settings show it."""
    owner = settings.DATABASES.get("owner")
    if owner is None or owner["USER"] != settings.DATABASES["default"]["USER"]:
        return []
    return [_one_role()]


def _one_role() -> Error:
    sentence = "The application's database role owns the tables, so it could drop their guards."
    return _error(4, sentence, "Give DATABASE_URL a role of its own, that owns nothing.")


def allowed_hosts() -> list[Error]:
    """Refuse a missing list of hosts, or one that lets every host through."""
    if settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        return []
    sentence = "No allowed host is named, so any Host header would be believed."
    return [_error(6, sentence, "Set AEGIS_ALLOWED_HOSTS to the names that people type.")]


def cookies() -> list[Error]:
    """Refuse cookies that travel without TLS."""
    over_tls = urlsplit(settings.AEGIS_BASE_URL).scheme == "https"
    if over_tls and settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE:
        return []
    sentence = "Cookies would travel without TLS, so a session could be stolen on the way."
    return [_error(7, sentence, "Set AEGIS_BASE_URL to an address that begins with https:.")]


def role_in_database(alias: str = "default") -> list[Error]:
    """Refuse a role that owns tables, which the database alone knows for certain."""
    with connections[alias].cursor() as cursor:
        cursor.execute(OWNS_TABLES)
        row = cursor.fetchone()
    return [_one_role()] if row and row[0] else []


def superusers() -> list[Error]:
    """Refuse an active superuser: Django lets one pass every check of permission."""
    # The flag exists only where the user model has it; a model without it has no superusers.
    users = get_user_model()._default_manager.all()
    if not hasattr(users.model, "is_superuser"):
        return []
    count = users.filter(is_superuser=True, is_active=True).count()
    if not count:
        return []
    sentence = f"{count} active superuser(s) would pass every check of permission."
    return [_error(5, sentence, "Clear is_superuser and use the administrators' group.")]


STATIC = (debug, secret_key, signer, vault_access, one_role, allowed_hosts, cookies)
IN_DATABASE = (role_in_database, superusers)


def unsafe_settings(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001 -- Django's signature.
    **_: Any,
) -> list[CheckMessage]:
    """Return what the settings alone show to be unsafe; nothing outside production."""
    if not settings.AEGIS_PRODUCTION:
        return []
    return [error for check in STATIC for error in check()]


def unsafe_database(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001 -- Django's signature.
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[CheckMessage]:
    """Return what the database shows to be unsafe, where Django asks about ``default``."""
    if not settings.AEGIS_PRODUCTION or "default" not in (databases or ()):
        return []
    return [error for check in IN_DATABASE for error in check()]


def tracking_servers(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001 -- Django's signature.
    **_: Any,
) -> list[Warned]:
    """Warn of MLflow servers that are told Aegis's credential over a network without TLS."""
    servers = settings.AEGIS_MLFLOW_TRACKING_URIS.values()
    named = sorted(server.name for server in servers if tracking.is_in_the_clear(server))
    if not named:
        return []
    sentence = f"The credential for {', '.join(named)} could be read on the way, without https."
    hint = f"Set the https address of the server in {tracking.VARIABLE}."
    return [Warned(sentence, hint=hint, id="aegis.W001")]


def register_all() -> None:
    """Make ``manage.py check`` run these."""
    register(tracking_servers, Tags.security)
    register(unsafe_settings, Tags.security)
    register(unsafe_database, Tags.database)


def refuse_unsafe() -> None:
    """Raise ImproperlyConfigured over anything unsafe.

    A database that is away or empty does not stop the start: ``/readyz`` says so, and
    a process must survive a restart of its database.
    """
    errors = unsafe_settings()
    try:
        errors += unsafe_database(databases=["default"])
    except (OperationalError, ProgrammingError):
        structlog.get_logger(__name__).warning("database_not_checked")
    if errors:
        lines = "\n".join(f"  {error.id}: {error.msg} {error.hint}" for error in errors)
        message = f"Aegis refuses to start:\n{lines}"
        raise ImproperlyConfigured(message)
