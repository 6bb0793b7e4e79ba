"""The web process: ``granian --interface wsgi aegis.wsgi:application``."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aegis.settings.local")
# Only a web process pools its connections (see the settings), so it says what it is.
os.environ["AEGIS_PROCESS"] = "web"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from aegis.settings.checks import refuse_unsafe  # noqa: E402 -- It needs the apps to be ready.

refuse_unsafe()
