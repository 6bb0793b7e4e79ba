"""Somebody's checkout and machine: the examples in it, `aegis` on its PATH, a registry to reach."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aegis.accounts.models import User
from tests.aegis.sdk.serving import Serving
from tests.docs.pages import DOCS
from tests.servers.mlflow.server import SILENT


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with the examples, in which commands run as ``user``."""

    folder: Path
    serving: Serving
    user: User
    environment: Mapping[str, str]

    def run(self, commands: str, given: Mapping[str, str] | None = None) -> str:
        """Run commands, each of which must end well; return what they print."""
        done = self.tried(commands, given)
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def tried(
        self, commands: str, given: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run commands as a CI service does: with its variables, and what earlier steps set."""
        env_file = self.folder / "github-env"
        env_file.touch()
        set_before = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
            env={
                **os.environ,
                **SILENT,
                **self.environment,
                **(given or {}),
                **set_before,
                "AEGIS_URL": self.serving.url,
                "AEGIS_TOKEN": self.serving.token(self.user),
                "GITHUB_ENV": str(env_file),
            },
        )


def check_out(folder: Path, serving: Serving, user: User, **environment: str) -> Checkout:
    """Make one, with the programs that `pip install aegis-registry` would bring."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    program = programs / "aegis"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aegis.cli "$@"\n')
    program.chmod(0o755)
    (folder / "docs").symlink_to(DOCS)
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return Checkout(
        folder, serving, user, {"PATH": path, "PYTHONPATH": str(DOCS.parent), **environment}
    )
