"""An installation with servers of its own. What is unsafe is refused by ``checks.py``."""

from urllib.parse import urlsplit

from aegis.settings import env, logs
from aegis.settings.base import *

AEGIS_PRODUCTION = True
DEBUG = False

# Only hosts that somebody named: the local defaults would let a wrong Host header through.
ALLOWED_HOSTS = env.listing("AEGIS_ALLOWED_HOSTS")
AEGIS_BASE_URL = env.text("AEGIS_BASE_URL").rstrip("/")
CSRF_TRUSTED_ORIGINS = [AEGIS_BASE_URL]

_over_tls = urlsplit(AEGIS_BASE_URL).scheme == "https"
SESSION_COOKIE_SECURE = _over_tls
CSRF_COOKIE_SECURE = _over_tls
SECURE_SSL_REDIRECT = _over_tls
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _over_tls else 0

# Set it where a proxy of yours ends TLS and overwrites both headers; else anybody could send them.
AEGIS_PROXIES = env.number("AEGIS_PROXIES", 0, least=0, most=9)
ALLAUTH_TRUSTED_PROXY_COUNT = AEGIS_PROXIES
if AEGIS_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

STATIC_ROOT = env.path("AEGIS_STATIC_ROOT", ROOT / "staticfiles")
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}

LOGGING = logs.configuration(as_json=True, level=env.text("AEGIS_LOG_LEVEL", "INFO"))
