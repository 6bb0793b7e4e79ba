"""The embedded stack: what the environment does not say comes from the data folder."""

import os
from pathlib import Path

from aegis.embedded import config
from aegis.settings import env

_EMBEDDED = {
    "AEGIS_SECRET_KEY": "secret_key",
    "DATABASE_URL": "database_url",
    "DATABASE_OWNER_URL": "database_owner_url",
    "REDIS_URL": "redis_url",
}

# They go into the environment, so that base.py and every child process read them in one way.
if _missing := [name for name in _EMBEDDED if env.optional(name) is None]:
    _root = Path(__file__).resolve().parent.parent.parent
    _embedded = config.load(env.path("AEGIS_DATA", _root / "var"))
    os.environ.update({name: getattr(_embedded, _EMBEDDED[name]) for name in _missing})

from aegis.settings.base import *  # noqa: E402 -- base.py reads what was just set.

DEBUG = env.flag("AEGIS_DEBUG", default=False)

# Static files are served from where they lie: nothing has to be collected before the first start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
