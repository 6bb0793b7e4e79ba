"""The pages on imports: their commands run as they stand, against a hub and an MLflow server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from aegis.settings import tracking
from imports.sources.configured import KINDS
from registry.models import ModelVersion
from tests.aegis.sdk.serving import Serving
from tests.docs.checkout import Checkout, check_out
from tests.docs.conftest import KEY
from tests.docs.pages import DOCS, blocks
from tests.registry import making
from tests.servers.hub import Hub, running_hub

pytestmark = pytest.mark.django_db(transaction=True)

REAL_HUB = KINDS["huggingface"]
MLFLOW = "how-to/mlflow-promotion.md"
OF_HUB = {
    ".gitattributes": b"*.bin filter=lfs",
    "README.md": b"---\nlicense: apache-2.0\n---\nA small model.\n",
    "config.json": b'{"layers": 2}',
    "model.safetensors": making.weights(b"safe"),
    "onnx/config.json": b"{}",
    "openvino/config.json": b"{}",
}


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with running_hub() as running:
        settings.HF_ENDPOINT = running.endpoint
        for name in ("google/flan-t5-small", "intfloat/e5-small"):
            running.repository(name, dict(OF_HUB))
        flan = running.repository("google/flan-t5-small")
        flan.commit({**OF_HUB, "proposed.json": b"{}"}, reference="refs/pr/3")
        flan.references["main"] = next(iter(flan.commits))
        yield running


@pytest.fixture
def checkout(registry: Serving, tmp_path: Path) -> Checkout:
    return check_out(tmp_path / "checkout", registry, registry.cast.mina)


def paths_of(model: str) -> list[set[str]]:
    """Return the paths of each version of a model, the first version first."""
    versions = ModelVersion.objects.filter(registered_model__name=model).order_by("number")
    return [{row.path for row in version.files.all()} for version in versions]


def test_the_commands_of_the_page_on_the_hub(
    checkout: Checkout, hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "huggingface", REAL_HUB)
    settings.AEGIS_EGRESS_ALLOW = settings.AEGIS_EGRESS_ALLOW | hub.hosts
    commands = [
        line
        for block in blocks("how-to/hugging-face-import.md")
        for line in block.commands.replace("\\\n", "").splitlines()
    ]
    assert len(commands) == 6
    said = [checkout.run(command) for command in commands]

    assert "Registered flan-t5@1" in said[0]
    registered = json.loads(said[1])
    assert (registered["registered"], registered["label"]) == (True, "hf-20251203")
    assert registered["signature"]["key_name"] == KEY
    assert said[2].startswith("Plan\n")
    assert said[2].endswith("Nothing was changed.\n")
    whole = set(OF_HUB)
    assert paths_of("flan-t5") == [
        whole - {".gitattributes"},
        whole - {".gitattributes"} | {"proposed.json"},
    ]
    assert paths_of("e5") == [
        {path for path in whole if path.endswith((".safetensors", ".json"))},
        {"README.md", "config.json", "model.safetensors"},
        whole,
    ]


def test_the_command_of_the_page_on_mlflow(checkout: Checkout, mlflow: str) -> None:
    (block,) = blocks(MLFLOW)
    train = {"MLFLOW_TRACKING_URI": mlflow}
    run = checkout.run("python docs/examples/train.py", train).strip()
    assert re.fullmatch(r"[0-9a-f]{32}", run)
    said = checkout.run(block.commands.replace(" RUN ", f" {run} "))

    registered = json.loads(said)
    assert (registered["model"], registered["registered"]) == ("my-product-model", True)
    assert registered["signature"]["key_name"] == KEY


def test_the_setting_of_the_page_on_mlflow_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / MLFLOW).read_text()
    (said,) = re.findall(rf"^{tracking.VARIABLE}=(.*)$", page, re.MULTILINE)
    monkeypatch.setenv(tracking.VARIABLE, said)
    (server,) = tracking.read().values()
    assert (server.name, server.signs_in) == ("main", True)
