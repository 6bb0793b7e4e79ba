"""The tests: as locally, with a cheap password hash and nothing kept between runs."""

import os

# The test harness sets the real addresses before Django starts. These stand in for tools that
# only read the settings, such as mypy, and connect to nothing.
os.environ.setdefault("AEGIS_SECRET_KEY", "only-for-tests-" + "0123456789" * 4)
os.environ.setdefault("DATABASE_URL", "postgresql://aegis@127.0.0.1:1/aegis")
os.environ.setdefault("DATABASE_OWNER_URL", "postgresql://aegis_owner@127.0.0.1:1/aegis")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from aegis.settings.base import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
