"""``aegis register`` with a signature made here: sent along, taken, and verified by anybody."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from registry.models import ModelVersion, Signature
from registry.revocations import publish
from tests.aegis.sdk.serving import Serving
from tests.registry import making
from tests.registry.client_keys import ClientKey, new_signer

pytestmark = pytest.mark.django_db(transaction=True)

Command = Callable[..., Result]


@pytest.fixture
def command(serving: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Return a function that runs the command as mina, and ends with the exit that is due."""
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.mina))
    monkeypatch.setenv("AEGIS_CACHE", str(tmp_path / "cache"))

    def run(*arguments: str, due: Exit = Exit.DONE) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == due, (arguments, done.exit_code, done.output)
        assert "Traceback" not in done.output
        return done

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model-files"
    for path, data in making.FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture
def key(serving: Serving, tmp_path: Path) -> ClientKey:
    return ClientKey(serving.cast, tmp_path)


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def test_what_was_signed_here_is_verified_there_and_by_whoever_downloads_it(
    command: Command, folder: Path, key: ClientKey, tmp_path: Path
) -> None:
    made = read(command("register", str(folder), "tiny", "--key", str(key.file), "--json"))

    assert made["signature"]["key_name"] == "ci-key"
    assert made["signature"]["brought_by"] == "mina"
    pem = tmp_path / "public.pem"
    pem.write_text(key.signer.public_keys()[0].public_key_pem)
    command("download", "tiny@1", "--to", str(tmp_path / "got"))
    offline = read(command("verify", str(tmp_path / "got"), "--key", str(pem), "--json"))
    publish()
    online = read(command("verify", str(tmp_path / "got"), "--json"))
    assert offline["ok"]
    assert online["ok"]
    refused = command(
        "verify", str(tmp_path / "got"), "--require", "Production", "--json", due=Exit.REFUSED
    )
    codes = {one["code"] for one in read(refused)["checks"] if not one["passed"]}
    assert codes == {"stage_differs", "promotion_missing"}


def test_a_key_that_nobody_listed_leaves_no_version(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    new_signer(tmp_path / "own.pem")

    said = command(
        "register", str(folder), "tiny", "--key", str(tmp_path / "own.pem"), due=Exit.REFUSED
    )

    assert "none of the list of signing keys" in said.stderr
    assert not ModelVersion.objects.exists()


def test_a_signature_for_another_model_made_beforehand_is_none_for_this_one(
    command: Command, folder: Path, key: ClientKey, tmp_path: Path
) -> None:
    bundle = tmp_path / "made.sigstore.json"
    sign = ("sign", str(folder), "--key", str(key.file), "--output", str(bundle))
    command(*sign, "--for", "tiny")

    assert json.loads(bundle.read_text())["mediaType"].startswith("application/vnd.dev.sigstore")
    assert not Signature.objects.exists()
