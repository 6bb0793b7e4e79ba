"""The settings of a test process: its own database, Redis and data folder of this run."""

from tests.harness import run
from tests.servers.vault.server import keep_from_settings

run.announce()
keep_from_settings()

from aegis.settings.test import *  # noqa: E402, F403 -- It reads what was just announced.

# Its `flush` replaces Django's, which the guards of append-only tables refuse.
INSTALLED_APPS = ["tests.harness.extras", *INSTALLED_APPS]  # noqa: F405 -- From there.
