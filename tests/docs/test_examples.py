"""The examples, run as they stand: a model is trained, logged, imported and asked to be promoted.

Only installing is left out: everything is there. MLflow, the registry and its API are real.
"""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aegis.cli.exits import Exit
from approvals.models import PromotionRequest
from approvals.policies import GateSpec
from imports.tasks import write_owed_notes
from registry.models import ModelVersion
from tests.aegis.sdk.serving import Serving
from tests.approvals.making import staging_policy
from tests.docs.checkout import Checkout, check_out
from tests.docs.conftest import KEY
from tests.docs.pages import DOCS

pytestmark = pytest.mark.django_db(transaction=True)

INSTALL = "pip install aegis-registry mlflow scikit-learn"
Commands = tuple[str, dict[str, str]]


@pytest.fixture
def checkout(registry: Serving, mlflow: str, tmp_path: Path) -> Checkout:
    """The checkout of a job of growth's automation, which its registry lets in."""
    return check_out(
        tmp_path / "checkout",
        registry,
        registry.cast.ci_growth,
        MLFLOW_TRACKING_URI=mlflow,
        GITHUB_SHA="c0ffee",
        CI_COMMIT_REF_NAME="main",
    )


def of_github() -> Iterator[Commands]:
    """Yield the commands of each step, with the job's variables but for those to be filled in."""
    (job,) = yaml.safe_load((DOCS / "examples" / "github-actions.yml").read_text())["jobs"].values()
    to_fill = {name for name, value in job["env"].items() if "${{" in value}
    assert to_fill == {"AEGIS_URL", "AEGIS_TOKEN", "MLFLOW_TRACKING_URI"}
    given = {name: value for name, value in job["env"].items() if name not in to_fill}
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[0] == INSTALL
    yield from ((each, given) for each in commands[1:])


def of_gitlab() -> Iterator[Commands]:
    """Yield the commands of each job in one piece, stage after stage, with the file's variables."""
    said = yaml.safe_load((DOCS / "examples" / "gitlab-ci.yml").read_text())
    assert said["default"]["before_script"] == [INSTALL]
    for stage in said["stages"]:
        (job,) = (
            one for one in said.values() if isinstance(one, dict) and one.get("stage") == stage
        )
        yield "\n".join(job["script"]), said["variables"]


def tags_of(run: str, mlflow: str) -> dict[str, str]:
    """Return the tags of a run, as MLflow tells them."""
    with urllib.request.urlopen(f"{mlflow}/api/2.0/mlflow/runs/get?run_id={run}") as answer:
        return {tag["key"]: tag["value"] for tag in json.load(answer)["run"]["data"]["tags"]}


def require_trained(version: ModelVersion, run: str, mlflow: str) -> None:
    """Assert that a version is what was trained, signed by the key that was named."""
    assert (version.registered_model.name, version.source) == ("digit-classifier", "mlflow")
    assert [row.path for row in version.files.all()] == ["model.joblib"]
    assert version.signatures.get().key_name == KEY
    assert version.metrics.get(name="accuracy").value > 0.9
    write_owed_notes()
    assert tags_of(run, mlflow)["aegis.registry.digest"] == f"sha256:{version.digest}"


def test_the_script_trains_imports_and_asks(
    checkout: Checkout, registry: Serving, mlflow: str
) -> None:
    staging_policy(registry.cast)
    said = checkout.run(f"python docs/examples/train_and_import.py digit-classifier growth {KEY}")

    request = PromotionRequest.objects.get()
    version = request.version
    assert said.splitlines()[-2:] == [
        f"digit-classifier@1 is registered, signed, with the digest {version.digest}.",
        f"Request {request.number} waits for its reviewers.",
    ]
    assert request.target == "Staging"
    run = request.reason.removeprefix("Trained by run ").removesuffix(".")
    require_trained(version, run, mlflow)


@pytest.mark.parametrize("steps", [of_github, of_gitlab])
def test_the_commands_train_import_verify_gate_and_ask(
    checkout: Checkout, registry: Serving, mlflow: str, steps: Any
) -> None:
    staging_policy(registry.cast, gates=[GateSpec("signature"), GateSpec("malware_scan")])
    for commands, given in steps():
        checkout.run(commands, given)

    registered = json.loads((checkout.folder / "registered.json").read_text())
    assert registered["registered"]
    request = PromotionRequest.objects.get()
    assert (request.version.number, request.target) == (registered["number"], "Staging")
    assert request.reason.startswith("Trained on ")
    run = (checkout.folder / "run-id").read_text().strip()
    require_trained(request.version, run, mlflow)


@pytest.mark.parametrize("steps", [of_github, of_gitlab])
def test_a_gate_that_does_not_pass_ends_the_job(
    checkout: Checkout, registry: Serving, steps: Any
) -> None:
    staging_policy(registry.cast)  # It asks for a card, which nobody has written yet.
    *passing, (gate, given) = _up_to_the_gate(steps())
    for commands, its in passing:
        checkout.run(commands, its)
    ended = checkout.tried(gate, given)

    assert ended.returncode == Exit.REFUSED, ended.stderr
    assert "FAIL  Model card" in ended.stdout
    assert ModelVersion.objects.get().is_ready
    assert not PromotionRequest.objects.exists()


def _up_to_the_gate(steps: Iterator[Commands]) -> Iterator[Commands]:
    for commands, given in steps:
        yield commands, given
        if "aegis check" in commands:
            return
