"""``python -m aegis.cli`` is the ``aegis`` command."""

from aegis.cli.app import app

app(prog_name="aegis")
