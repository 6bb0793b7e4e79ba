"""Real files of every format, made once in a session by the libraries that own them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


def make(module: str, folder: Path) -> None:
    """Run a maker of files in a process of its own, whose warnings are its library's."""
    command = [sys.executable, "-W", "ignore", "-m", f"{__package__}.{module}", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-3000:]


@pytest.fixture(scope="session")
def real_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one real file of each format."""
    folder = tmp_path_factory.mktemp("real-files")
    make("making_files", folder)
    return folder


@pytest.fixture(scope="session")
def keras_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models of Keras, two of them with a Lambda layer."""
    folder = tmp_path_factory.mktemp("keras-files")
    make("making_keras", folder)
    return folder
