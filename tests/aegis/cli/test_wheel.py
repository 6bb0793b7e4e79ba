"""The wheel as somebody installs it who has no server: what is in it, and that it works alone."""

import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.harness.stack import ROOT

CHECK = """
import importlib.util, sys
from aegis.cli.app import app
try:
    app(sys.argv[1:], prog_name="aegis")
except SystemExit as end:
    code = end.code
for name in ("django", "rest_framework", "celery", "psycopg", "registry", "approvals", "imports"):
    assert importlib.util.find_spec(name) is None, name
assert not any(name.split(".")[0] == "django" for name in sys.modules)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("aegis_registry-*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare environment with the wheel and what it asks for, and nothing else."""
    place = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    (packages,) = place.glob("lib/python3*/site-packages")
    for needed in closure(wheel):
        link(needed, packages)
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    python = place / "bin" / "python"
    subprocess.run([*install, "--python", str(python), str(wheel)], check=True)
    return python


def closure(wheel: Path) -> set[str]:
    """Return the distributions that the wheel needs, and those that they need in turn."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    pending = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist:")]
    found: set[str] = set()
    while pending:
        requirement = Requirement(pending.pop())
        is_meant = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if is_meant and requirement.name not in found:
            found.add(requirement.name)
            pending += distribution(requirement.name).requires or []
    return found


def link(name: str, packages: Path) -> None:
    """Let a distribution of this environment stand in the bare one, too."""
    installed = distribution(name)
    for file in installed.files or []:
        top = file.parts[0]
        target = packages / top
        if top not in {"..", "__pycache__"} and not target.exists():
            target.symlink_to(Path(str(installed.locate_file(top))))


def test_the_wheel_holds_the_client_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {"/".join(name.split("/")[:2]) for name in names if name.startswith("aegis/")}
    assert tops == {
        "aegis/__init__.py",
        "aegis/cli",
        "aegis/converters",
        "aegis/loading",
        "aegis/problems.py",
        "aegis/proof",
        "aegis/sandbox",
        "aegis/sdk",
        "aegis/strict_json.py",
        "aegis/text.py",
    }
    assert not [name for name in names if not name.startswith(("aegis/", "aegis_registry-"))]


def test_the_command_runs_without_a_server(python: Path) -> None:
    shown = subprocess.run(
        [python.parent / "aegis", "--help"], check=True, capture_output=True, text=True
    )
    assert "verify" in shown.stdout
    version = subprocess.run(
        [python.parent / "aegis", "--version"], check=True, capture_output=True, text=True
    )
    assert version.stdout.strip() == f"aegis {_version()}"


def test_it_signs_and_verifies_and_loads_no_django(python: Path, tmp_path: Path) -> None:
    from tests.aegis.sdk.test_signing import private_pem

    model = tmp_path / "model"
    model.mkdir()
    (model / "weights.bin").write_bytes(b"weights")
    key = private_pem(tmp_path, "key")

    def run(*arguments: str) -> int:
        command = [str(python), "-c", CHECK, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode

    assert run("sign", "model", "--key", str(key)) == 0
    assert run("verify", "model", "--key", "key.pub") == 0
    (model / "weights.bin").write_bytes(b"weightz")
    assert run("verify", "model", "--key", "key.pub") == 1


def _version() -> str:
    text = (ROOT / "pyproject.toml").read_text()
    found = re.search(r'^version = "(.+)"', text, re.MULTILINE)
    assert found
    return found[1]
