"""The ``aegis`` command as people and CI jobs run it: a process of its own, by its exit code."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.stack import OF_TESTS, ROOT, RunningStack

SECONDS = 180


@dataclass(frozen=True, slots=True)
class Shell:
    """Where the command is run: the registry's address, a token, and folders of its own."""

    url: str
    token: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of a terminal in which the registry is named."""
        inherited = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
        named = {"AEGIS_URL": self.url, "AEGIS_TOKEN": self.token, "COLUMNS": "100"}
        cache = {"AEGIS_CACHE": str(self.home / "cache"), "PYTHONPATH": str(ROOT)}
        return {**inherited, **named, **cache}

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command and leave it running."""
        # Whoever starts the tests in the background lets their processes ignore Ctrl-C.
        heeding = ["env", "--default-signal=INT"]
        return subprocess.Popen(
            [*heeding, sys.executable, "-m", "aegis.cli", *arguments],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, due: int = 0) -> str:
        """Return what the command prints; it ends with the exit code that is due."""
        with self.begin(*arguments) as process:
            printed, complained = process.communicate(timeout=SECONDS)
        assert process.returncode == due, (arguments, process.returncode, printed, complained)
        assert "Traceback" not in complained
        assert bool(complained) == bool(due), complained
        return printed

    def read(self, *arguments: str, due: int = 0) -> Any:
        """Return the JSON that the command prints."""
        return json.loads(self.run(*arguments, "--json", due=due))


def token_of(stack: RunningStack, username: str) -> str:
    """Make a token for somebody of the sample."""
    from tests.e2e import rest

    with rest.session(stack, username) as person:
        fields = {"name": "their command", "scopes": ["read", "write"], "days": 1}
        made: dict[str, str] = person.post("tokens/", **fields)
    return made["token"]
