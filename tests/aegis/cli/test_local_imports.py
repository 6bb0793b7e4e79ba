"""``aegis import … --local``: fetched and signed here, believed there for what it is."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2 as databricks
from pytest_django.fixtures import Settings
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from aegis.sdk.signing import vault_signer
from imports.models import Import, ImportRight
from imports.rights import grant_import_right
from registry.key_versions import note_key_versions
from registry.models import Metric, ModelVersion, Provenance, Upload
from tests.aegis.sdk.serving import Serving
from tests.e2e.command import Shell
from tests.imports.converting.conftest import acme
from tests.registry import making
from tests.registry.client_keys import listed_to_verify
from tests.servers.hub import Hub, running_hub
from tests.servers.mlflow.tracking import Tracked
from tests.servers.signing import sign_with
from tests.servers.vault.server import VaultServer

__all__ = ["acme"]

pytestmark = pytest.mark.django_db(transaction=True)

Command = Callable[..., Result]
HF = ("import", "hf", "--local", "--repo-id", "acme/tiny", "--model-name", "tiny")
CARD = b"""---
license: apache-2.0
library_name: transformers
model-index:
- name: tiny
  results:
  - task: {type: text-classification}
    dataset: {name: imdb, type: imdb}
    metrics: [{type: accuracy, value: 0.93}]
---
# Tiny

A model of two layers, for the tests.
"""
FILES: dict[str, bytes | Path] = {
    "README.md": CARD,
    "config.json": b'{"layers": 2}',
    "model.safetensors": making.weights(bytes(range(256)) * 400),
    "pytorch_model.bin": b"not wanted beside safetensors",
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub that this machine reaches, and the registry does not."""
    with running_hub() as running:
        running.repository("acme/tiny", dict(FILES))
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield running


@pytest.fixture
def environment(serving: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.mina))
    monkeypatch.setenv("AEGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("VAULT_ADDR", raising=False)


@pytest.fixture
def command(environment: None) -> Command:
    """Return a function that runs the command as mina, and ends with the exit that is due."""

    def run(*arguments: str, due: Exit = Exit.DONE) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == due, (arguments, done.exit_code, done.output, done.exception)
        assert "Traceback" not in done.output
        return done

    return run


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def test_a_repository_comes_in_through_this_machine_and_is_marked_as_stated(
    command: Command, hub: Hub, tmp_path: Path
) -> None:
    made = read(command(*HF, "--version", "hf-1", "--json"))

    assert (made["registered"], made["number"], made["label"]) == (True, 1, "hf-1")
    assert all(one["passed"] for one in made["verification"])
    version = ModelVersion.objects.get()
    assert sorted(version.files.values_list("path", flat=True)) == [
        "README.md", "config.json", "model.safetensors",
    ]  # fmt: skip
    commit = hub.repositories["acme/tiny"].references["main"]
    provenance = Provenance.objects.get()
    assert provenance.identity == f"stated:huggingface:{hub.endpoint}/acme/tiny@{commit}"
    assert provenance.stated_source == "huggingface"
    assert [one["path"] for one in provenance.document["left_out"]] == ["pytorch_model.bin"]
    assert version.source == "upload"
    facts = {fact.name: (fact.value, fact.source) for fact in version.facts.all()}
    assert facts["licence"][1] == "registration"
    metric = Metric.objects.get()
    assert (metric.name, metric.value, metric.source) == ("accuracy", 0.93, "claim")
    assert "two layers" in str(version.card_drafts.get().sections)
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


def test_what_it_says_of_itself_can_be_read(command: Command, hub: Hub) -> None:
    said = command(*HF).stdout
    assert "from Hugging Face Hub as tiny" in said
    shown = command("show", "tiny@1", "--provenance").stdout
    assert "Stated     by mina, who brought the files; not checked there" in shown
    found = read(command("show", "tiny@1", "--provenance", "--json"))["provenance"]
    assert (found["source"], found["is_stated"]) == ("huggingface", True)


def test_a_plan_says_what_would_come_and_leaves_nothing(
    command: Command, hub: Hub, tmp_path: Path
) -> None:
    planned = read(command(*HF, "--plan", "--json"))

    assert [one["path"] for one in planned["found"]["files"]] == [
        "README.md", "config.json", "model.safetensors",
    ]  # fmt: skip
    assert not ModelVersion.objects.exists()
    assert not Upload.objects.filter(state="open").exists()
    assert "Nothing was changed." in command(*HF, "--plan").stdout


def test_the_same_files_again_give_the_version_that_is_there(command: Command, hub: Hub) -> None:
    command(*HF)
    again = read(command(*HF, "--json"))
    assert (again["already_registered"], again["number"]) == (True, 1)
    anew = read(command(*HF, "--new-version", "--json"))
    assert anew["number"] == 2


def test_it_is_signed_here_through_vault_with_a_key_of_the_list(
    command: Command,
    hub: Hub,
    vault: VaultServer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = sign_with(settings, vault)
    monkeypatch.setenv("VAULT_ADDR", vault.address)
    monkeypatch.setenv("VAULT_TOKEN", vault.token)
    note_key_versions(key, public_keys=vault_signer(key.transit_name).public_keys())
    settings.AEGIS_VAULT = None

    made = read(command(*HF, "--sign-key", key.name, "--json"))

    assert made["signature"]["key_name"] == key.name
    assert made["signature"]["brought_by"] == "mina"


def test_what_a_vault_signed_that_the_registry_never_reaches_is_taken_by_its_public_key(
    command: Command,
    hub: Hub,
    vault: VaultServer,
    serving: Serving,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.AEGIS_VAULT = None
    vault.make_key("behind-the-wall")
    monkeypatch.setenv("VAULT_ADDR", vault.address)
    monkeypatch.setenv("VAULT_TOKEN", vault.token)
    signer = vault_signer("behind-the-wall")
    listed_to_verify(serving.cast, signer, "ci-sign", transit_name="behind-the-wall")
    with monkeypatch.context() as forgotten:
        forgotten.delenv("VAULT_ADDR")
        said = command(*HF, "--sign-key", "ci-sign", due=Exit.REFUSED)
        assert "The registry cannot sign with ci-sign" in said.stderr
        assert not any("safetensors" in asked.path for asked in hub.server.asked)

    made = read(command(*HF, "--sign-key", "ci-sign", "--json"))

    assert (made["signature"]["key_name"], made["signature"]["brought_by"]) == ("ci-sign", "mina")
    assert all(one["passed"] for one in made["verification"])


def test_a_key_that_is_not_on_the_list_is_refused_before_anything_is_fetched(
    command: Command, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    monkeypatch.setenv("VAULT_TOKEN", "none")
    said = command(*HF, "--sign-key", "nobodys", due=Exit.WRONG_USAGE)
    assert "No signing key of the registry's list is named 'nobodys'" in said.stderr
    assert not Upload.objects.exists()


def test_without_the_right_nothing_is_fetched(command: Command, hub: Hub, serving: Serving) -> None:
    ImportRight.objects.all().delete()
    said = command(*HF, due=Exit.REFUSED)
    assert "has no right to import from Hugging Face Hub" in said.stderr
    assert not ModelVersion.objects.exists()
    assert not any("safetensors" in asked.path for asked in hub.server.asked)


@pytest.mark.parametrize(
    ("arguments", "due", "sentence"),
    [
        (("--repo-id", "acme/tyni"), Exit.NOT_FOUND, "has no repository acme/tyni"),
        (("--revision", "nope"), Exit.NOT_FOUND, "has no revision nope"),
        (("--repo-id", "a b"), Exit.WRONG_USAGE, "is no name of a repository"),
        (("--include", "*.onnx"), Exit.REFUSED, "leave all 4 files of the repository behind"),
    ],
)
def test_what_cannot_be_had_is_said(
    command: Command, hub: Hub, arguments: tuple[str, ...], due: Exit, sentence: str
) -> None:
    said = command(*HF, *arguments, due=due)
    assert sentence in said.stderr
    assert not ModelVersion.objects.exists()


def test_bytes_that_are_not_the_announced_ones_are_refused_and_removed(
    command: Command, hub: Hub, tmp_path: Path
) -> None:
    weights = hub.repositories["acme/tiny"].newest()["model.safetensors"]
    weights.announced_sha256 = "0" * 64
    said = command(*HF, due=Exit.REFUSED)
    assert "model.safetensors is not what the hub says" in said.stderr
    assert not ModelVersion.objects.exists()
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


def test_a_client_that_was_killed_goes_on_with_what_it_has(
    serving: Serving, environment: None, hub: Hub, tmp_path: Path
) -> None:
    shell = Shell(serving.url, serving.token(serving.cast.mina), tmp_path)
    with serving.worker.paused(), shell.begin(*HF, "--json") as first:
        _until(Import.objects.exists)
        first.send_signal(signal.SIGKILL)
    asked = len(hub.server.asked)

    assert shell.read(*HF)["number"] == 1
    assert ModelVersion.objects.count() == 1
    assert not any("safetensors" in one.path for one in hub.server.asked[asked:])


def _until(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _mlflow(*named: str) -> tuple[str, ...]:
    return ("import", "mlflow", "--local", "--model-name", "iris", *named)


@pytest.fixture
def here(
    tracked: Tracked, serving: Serving, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Tracked:
    """A tracking server that this machine reaches, and that the registry knows nothing of."""
    settings.AEGIS_MLFLOW_TRACKING_URIS = {}
    grant_import_right(serving.cast.growth, actor=serving.cast.ada, source="mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracked.uri)
    return tracked


def test_an_artifact_of_a_run_comes_in_with_what_the_run_says(
    command: Command, here: Tracked
) -> None:
    named = ("--run-id", here.run("rich"), "--artifact-path", "model/model.joblib")

    planned = read(command(*_mlflow(*named), "--plan", "--json"))
    made = read(command(*_mlflow(*named), "--json"))

    assert [one["path"] for one in planned["found"]["files"]] == ["model.joblib"]
    assert all(one["passed"] for one in made["verification"])
    version = ModelVersion.objects.get()
    provenance = Provenance.objects.get()
    assert provenance.stated_source == "mlflow"
    assert provenance.identity.startswith("stated:mlflow:127.0.0.1:")
    assert provenance.document["pinned"]["run_id"] == here.run("rich")
    metrics = {one.name: (one.value, one.source) for one in version.metrics.all()}
    assert metrics["accuracy"] == (0.97, "claim")
    assert {"undefined", "endless"} <= provenance.document["left_out_metrics"].keys()
    facts = {fact.name: fact.value for fact in version.facts.all()}
    assert facts["trained_by"] == "mina"
    assert facts["dataset"]["name"] == "iris"
    assert "ghp_" not in str(provenance.document)
    assert "unnoted" not in made
    tags = mlflow.MlflowClient().get_run(here.run("rich")).data.tags
    assert tags["aegis.registry.digest"] == f"sha256:{version.digest}"
    assert tags["aegis.registry.uri"] == "models:/iris/1"


def test_a_run_that_may_not_be_tagged_is_no_reason_to_fail(
    command: Command, here: Tracked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MlflowException("You may only read.", error_code=databricks.PERMISSION_DENIED)

    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", refuse)
    named = ("--run-id", here.run("rich"), "--artifact-path", "model/model.joblib")

    done = command(*_mlflow(*named), "--version", "untold")

    assert "its origin was not told: MLflow does not let you: You may only read." in done.stderr
    assert ModelVersion.objects.get().label == "untold"


@pytest.mark.parametrize("form", ["run", "id", "version", "alias"])
def test_a_logged_model_comes_in_by_each_of_its_names(
    command: Command, here: Tracked, form: str
) -> None:
    names = {
        "run": ("--run-id", here.run("flavoured"), "--artifact-path", "classifier"),
        "id": ("--uri", f"models:/{here.ids['model_id']}"),
        "version": ("--uri", "models:/iris/1"),
        "alias": ("--uri", "models:/iris@champion"),
    }

    read(command(*_mlflow(*names[form]), "--json"))

    version = ModelVersion.objects.get()
    assert "MLmodel" in version.files.values_list("path", flat=True)
    assert Provenance.objects.get().document["pinned"]["model_id"] == here.ids["model_id"]
    facts = {fact.name: fact.value for fact in version.facts.all()}
    assert facts["framework"] == "scikit-learn"


def test_what_mlflow_does_not_have_is_said(
    command: Command, here: Tracked, serving: Serving
) -> None:
    bad = [
        (("--run-id", "0" * 32, "--artifact-path", "model"), Exit.NOT_FOUND),
        (("--run-id", here.run("rich"), "--artifact-path", "nope"), Exit.NOT_FOUND),
        (("--run-id", here.run("deleted"), "--artifact-path", "model"), Exit.REFUSED),
        (("--uri", "models:/iris@nobody"), Exit.WRONG_USAGE),
        (("--uri", "https://iris"), Exit.WRONG_USAGE),
        (("--server", "main", "--run-id", "0" * 32, "--artifact-path", "a"), Exit.WRONG_USAGE),
    ]
    for named, due in bad:
        command(*_mlflow(*named), due=due)
    ImportRight.objects.filter(source="mlflow").delete()
    named = ("--run-id", here.run("rich"), "--artifact-path", "model")
    said = command(*_mlflow(*named), due=Exit.REFUSED)
    assert "has no right to import from MLflow" in said.stderr
    assert not ModelVersion.objects.exists()


def test_what_this_machine_brings_is_converted_by_the_registry(
    command: Command, hub: Hub, acme: None
) -> None:
    made = read(command(*HF, "--convert", "shouting", "--json"))

    job = Import.objects.get(source="conversion")
    assert made["conversion"]["number"] == job.number
    assert job.reference["number"] == made["number"] == 1
    command("import", "status", str(job.number), "--wait")
    assert ModelVersion.objects.get(number=2).derivation.parent.number == 1

    done = command(*HF, "--new-version", "--convert", "skops", due=Exit.REFUSED)
    assert "tiny@3 is registered, and not converted: None of sklearn-to-skops" in done.stderr
    again = command(*HF, "--convert", "shouting")
    assert "It is being converted; wait with: aegis import status" in again.stderr + again.stdout


def test_a_conversion_that_cannot_be_is_refused_before_anything_is_fetched(
    command: Command, hub: Hub, acme: None, tmp_path: Path
) -> None:
    done = command(*HF, "--convert", "gguf", due=Exit.WRONG_USAGE)
    assert "There is no converter to 'gguf'." in done.stderr
    done = command(*HF, "--convert", "shouting", "--no-wait", due=Exit.WRONG_USAGE)
    assert "which nobody waits for" in done.stderr
    assert not ModelVersion.objects.exists()
    assert not list((tmp_path / "cache").rglob("*.safetensors"))
