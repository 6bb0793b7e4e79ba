"""What holds wherever Aegis runs. Everything that differs is read from the environment."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from kombu import Queue

from aegis import queues
from aegis.settings import addresses, env, import_buckets, logs, tracking, vault
from aegis.settings.limits import *
from aegis.settings.web import *

ROOT = Path(__file__).resolve().parent.parent.parent

# Aegis itself -----------------------------------------------------------------------------------

AEGIS_PRODUCTION = False
AEGIS_DATA = env.path("AEGIS_DATA", ROOT / "var")
AEGIS_HOST = env.text("AEGIS_HOST", "127.0.0.1")
AEGIS_PORT = env.number("AEGIS_PORT", 8000, least=1, most=65535)
AEGIS_BASE_URL = env.text(
    "AEGIS_BASE_URL",
    f"http://{'localhost' if AEGIS_HOST in WILDCARD_HOSTS else AEGIS_HOST}:{AEGIS_PORT}",
).rstrip("/")
AEGIS_DEMO = env.flag("AEGIS_DEMO", default=False)
AEGIS_ADMIN_TOKEN = env.optional("AEGIS_ADMIN_TOKEN")
AEGIS_STORAGE = addresses.storage(
    "AEGIS_STORAGE_URL", env.text("AEGIS_STORAGE_URL", (AEGIS_DATA / "artifacts").as_uri())
)

# Without a Vault the development signer signs; it says what it is in every signature, and
# production settings refuse it.
AEGIS_VAULT = vault.read()
AEGIS_SIGNER = "vault" if AEGIS_VAULT else "development"
AEGIS_SIGNING_KEY = env.text("AEGIS_SIGNING_KEY", "aegis-model-sign")

AEGIS_MLFLOW_TRACKING_URIS = tracking.read()
AEGIS_IMPORT_BUCKETS = import_buckets.read(AEGIS_STORAGE)
HF_ENDPOINT = env.text("HF_ENDPOINT", "https://huggingface.co")
HF_TOKEN = env.optional("HF_TOKEN")
AEGIS_EGRESS_ALLOW = addresses.hosts("AEGIS_EGRESS_ALLOW", env.listing("AEGIS_EGRESS_ALLOW"))
"""Servers of the operator's own networks that Aegis may ask, also over plain http."""

# Django -----------------------------------------------------------------------------------------

SECRET_KEY = env.text("AEGIS_SECRET_KEY")
DEBUG = False
ROOT_URLCONF = "aegis.urls"
WSGI_APPLICATION = "aegis.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
TIME_ZONE = "UTC"
USE_TZ = True

# Ours come first, so that our `migrate` command and our templates win.
INSTALLED_APPS = [
    "aegis.apps.AegisConfig",
    "aegis.accounts",
    "aegis.audit",
    "aegis.events",
    "registry",
    "approvals",
    "imports",
    "aegis.pages",
    "aegis.api",
    "aegis.demo",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "aegis.apps.AegisAdminConfig",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "pgtrigger",
    "rest_framework",
    "template_partials",
]

_named_hosts = [AEGIS_HOST] if AEGIS_HOST not in WILDCARD_HOSTS else [socket.gethostname()]
ALLOWED_HOSTS = sorted(
    {
        "localhost",
        "127.0.0.1",
        "[::1]",
        *_named_hosts,
        *env.listing("AEGIS_ALLOWED_HOSTS"),
        urlsplit(AEGIS_BASE_URL).hostname or "localhost",
    }
)
CSRF_TRUSTED_ORIGINS = [AEGIS_BASE_URL]

# Databases --------------------------------------------------------------------------------------

# `default` is the role of the application, which owns nothing; `owner` makes the tables, and a
# web process in production need not know it.
DATABASES = {"default": addresses.database("DATABASE_URL", env.text("DATABASE_URL"))}
if _owner_url := env.optional("DATABASE_OWNER_URL"):
    DATABASES["owner"] = addresses.database("DATABASE_OWNER_URL", _owner_url)

# What is read all day is prepared, and a pool keeps the sessions that prepared it. Workers and
# commands hold one connection each, so a pool would only cost them.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5
if env.optional("AEGIS_PROCESS") == "web":
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 12, "timeout": 10}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# The cache counts sign-in attempts. It is the database's, so that sign-in survives without Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "aegis_cache",
    }
}

# Files ------------------------------------------------------------------------------------------

STORAGES = {
    "default": addresses.small_files(AEGIS_STORAGE),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]

# Letters ----------------------------------------------------------------------------------------

_letters = addresses.email("AEGIS_EMAIL_URL", env.text("AEGIS_EMAIL_URL", "letters:"))
globals().update(_letters)
DEFAULT_FROM_EMAIL = env.text("AEGIS_EMAIL_FROM", "Aegis <aegis@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Celery -----------------------------------------------------------------------------------------

# The job's row in the database is the truth and its result; the broker only hints that there is
# work. So a task is acknowledged when it is done, and may run twice.
REDIS_URL = env.text("REDIS_URL")
CELERY_BROKER_URL = addresses.broker("REDIS_URL", REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    # A request that finds no broker goes on at once (kombu's default tries for six seconds): what
    # it owes is in the database, and the beat finds it.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_QUEUES = [Queue(name) for name in queues.ALL]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {  # A task that is named here wins over a pattern.
    "aegis.events.tasks.send_letters": {"queue": "mail"},
    "approvals.tasks.*": {"queue": "signing"},
    "approvals.tasks.sweep": {"queue": "default"},
    "imports.tasks.run_import": {"queue": "imports"},
    "imports.tasks.run_rescan": {"queue": "packages"},
    # It asks the servers of others, which may let it wait.
    "imports.tasks.write_owed_notes": {"queue": "imports"},
    "imports.tasks.check_hub": {"queue": "imports"},
    "imports.tasks.read_run": {"queue": "imports"},
    "imports.tasks.sweep_readings": {"queue": "imports"},
    "registry.tasks.carry_out_redaction": {"queue": "packages"},
    "registry.tasks.publish_revocations": {"queue": "signing"},
    "registry.tasks.sign_again": {"queue": "signing"},
    "registry.tasks.sign_redactions": {"queue": "signing"},
    "registry.tasks.note_signing_keys": {"queue": "signing"},
    "registry.tasks.verify_packages": {"queue": "packages"},
}
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_max": 0.3}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Logs -------------------------------------------------------------------------------------------

LOGGING = logs.configuration(
    as_json=False,
    level=env.choice("AEGIS_LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR")),
)
