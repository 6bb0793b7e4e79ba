"""Real models of every kind, made once in a session by the libraries that own them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.stack import ROOT


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each kind of model, and what to ask them."""
    folder = tmp_path_factory.mktemp("models")
    module = f"{__package__}.making_models"
    command = [sys.executable, "-W", "ignore", "-m", module, str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    return folder
