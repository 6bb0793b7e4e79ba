"""The examples for CI services: their commands are run as they stand, against a real registry.

What trains and installs is left out: the folder of the tests stands for the run of MLflow.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from approvals.models import PromotionRequest
from approvals.policies import GateSpec
from imports.rights import grant_import_right
from imports.sources.configured import KINDS
from registry.tasks import publish_revocations
from tests.aegis.sdk.serving import Serving, serving
from tests.approvals.making import staging_policy
from tests.docs.pages import DOCS

__all__ = ["serving"]

pytestmark = pytest.mark.django_db(transaction=True)

RUN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def home(serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which a run was trained that the registry can reach."""
    publish_revocations()
    hub = serving.folder.as_kind()

    def checked(reference: Mapping[str, Any]) -> dict[str, Any]:
        assert reference == {"run_id": RUN, "artifact_path": "model/model.joblib"}
        return {"repo": "acme/tiny", **reference}

    monkeypatch.setitem(KINDS, "mlflow", replace(hub, check=checked))
    grant_import_right(serving.cast.growth, actor=serving.cast.ada, source="mlflow")
    folder = tmp_path / "checkout"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "aegis"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aegis.cli "$@"\n')
    program.chmod(0o755)
    (folder / "run-id").write_text(f"{RUN}\n")
    return folder


def of_github() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the commands of each step that calls aegis, with the job's variables."""
    (job,) = yaml.safe_load((DOCS / "examples" / "github-actions.yml").read_text())["jobs"].values()
    for step in job["steps"]:
        if "aegis " in step.get("run", "") and "pip install" not in step["run"]:
            yield step["run"], job["env"]


def of_gitlab() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the commands of the job that registers, in one piece, with the file's variables."""
    said = yaml.safe_load((DOCS / "examples" / "gitlab-ci.yml").read_text())
    yield "\n".join(said["register"]["script"]), said["variables"]


def run(serving: Serving, home: Path, commands: str, given: dict[str, str]) -> None:
    """Run commands as the service does: with its variables, and what earlier steps set."""
    env_file = home / "github-env"
    env_file.touch()
    set_before = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
    plain = {name: value for name, value in given.items() if "${{" not in value}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env={
            **os.environ,
            **plain,
            **set_before,
            "PATH": f"{home / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(DOCS.parent),
            "SIGN_KEY": "aegis-development",
            "AEGIS_URL": serving.url,
            "AEGIS_TOKEN": serving.token(serving.cast.mina),
            "GITHUB_ENV": str(env_file),
            "GITHUB_SHA": "c0ffee",
            "CI_COMMIT_REF_NAME": "main",
        },
    )
    assert done.returncode == 0, (commands, done.stdout, done.stderr)


@pytest.mark.parametrize("steps", [of_github, of_gitlab])
def test_the_commands_import_verify_gate_and_ask(serving: Serving, home: Path, steps: Any) -> None:
    staging_policy(serving.cast, gates=[GateSpec("signature")])
    for commands, given in steps():
        run(serving, home, commands, given)

    registered = json.loads((home / "registered.json").read_text())
    assert registered["registered"]
    assert (registered["model"], registered["number"]) == ("digit-classifier", 1)
    request = PromotionRequest.objects.get()
    assert (request.version.number, request.target) == (1, "Staging")


def test_a_gate_that_does_not_pass_ends_the_job(serving: Serving, home: Path) -> None:
    staging_policy(serving.cast)
    (commands, given), *_ = of_gitlab()
    with pytest.raises(AssertionError, match="FAIL"):
        run(serving, home, commands, given)
    assert not PromotionRequest.objects.exists()
