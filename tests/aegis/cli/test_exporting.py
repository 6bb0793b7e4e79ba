"""``aegis export`` and ``aegis import package``: one file, from one registry into another."""

import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from aegis.sdk.export_files import SMALL_BYTES
from registry.models import DownloadEvent, Metric, ModelVersion, Provenance
from tests.aegis.sdk.serving import Serving
from tests.registry import making
from tests.registry.client_keys import new_signer

pytestmark = pytest.mark.django_db(transaction=True)

Command = Callable[..., Result]
INTO = ("--model-name", "taken-over")


@pytest.fixture
def command(serving: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Return a function that runs the command as mina, and ends with the exit that is due."""
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.mina))
    monkeypatch.setenv("AEGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("VAULT_ADDR", raising=False)

    def run(*arguments: str, due: Exit = Exit.DONE) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == due, (arguments, done.exit_code, done.output, done.exception)
        assert "Traceback" not in done.output
        return done

    return run


@pytest.fixture
def version(serving: Serving) -> ModelVersion:
    model = making.new_model(serving.cast)
    made = serving.new_version(model, facts={"licence": "MIT"}, label="2.1.0")
    making.record_metric(made, actor=serving.cast.mina, name="accuracy", value=0.94)
    return made


@pytest.fixture
def file(command: Command, version: ModelVersion, tmp_path: Path) -> Path:
    target = tmp_path / "churn.aegis.tar"
    command("export", "churn-predictor@1", "--to", str(target))
    return target


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path, "r:") as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


def rewritten(path: Path, target: Path, **changes: bytes | None) -> Path:
    """Write the members again, some of them changed, left out or added."""
    named = {
        "export": "export.json",
        "package": "package.tar.gz",
        "manifest": "package.tar.gz.aegis/manifest.json",
        "signature": "package.tar.gz.aegis/signature.sigstore.json",
    }
    found = {**members(path), **{named.get(key, key): data for key, data in changes.items()}}
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in found.items():
            if data is not None:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return target


def test_a_version_goes_round_with_the_same_manifest_digest(
    command: Command, file: Path, version: ModelVersion, tmp_path: Path
) -> None:
    made = read(command("import", "package", str(file), *INTO, "--version", "2.1.0", "--json"))

    assert (made["registered"], made["model"], made["number"]) == (True, "taken-over", 1)
    assert made["digest"] == version.digest
    assert all(one["passed"] for one in made["verification"])
    taken = ModelVersion.objects.get(registered_model__name="taken-over")
    found = Provenance.objects.get(version=taken)
    assert (found.stated_source, found.is_complete) == ("package", True)
    assert found.identity.startswith("stated:package:http://")
    pinned = found.document["pinned"]
    assert pinned["version"] == "churn-predictor@1"
    assert version.signatures.get().key_hint in pinned["signed_by"]
    facts = dict(taken.facts.values_list("name", "value"))
    assert facts["licence"] == "MIT"
    metric = Metric.objects.get(version=taken)
    assert (metric.name, metric.value, metric.source) == ("accuracy", 0.94, "claim")
    command("download", "taken-over@1", "--to", str(tmp_path / "again"))
    keys = tmp_path / "keys.json"
    keys.write_bytes(members(file)["keys.json"])
    assert read(command("verify", str(tmp_path / "again"), "--key", str(keys), "--json"))["ok"]


def test_the_file_unpacks_to_what_verify_checks(
    command: Command, file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    subprocess.run(["tar", "xf", str(file), "-C", str(folder)], check=True)

    verify = ("verify", str(folder / "package.tar.gz"), "--key", str(folder / "keys.json"))
    assert read(command(*verify, "--json"))["ok"]
    assert list(members(file)) == [
        "export.json",
        "keys.json",
        "package.tar.gz.aegis/manifest.json",
        "package.tar.gz.aegis/signature.sigstore.json",
        "package.tar.gz.aegis/version.json",
        "package.tar.gz",
    ]


def test_an_export_is_a_download_in_the_ledger_and_leaves_nothing_else(
    command: Command, file: Path
) -> None:
    assert DownloadEvent.objects.count() == 1
    assert [one.name for one in file.parent.iterdir() if "export" in one.name] == []
    command("export", "churn-predictor@1", "--to", str(file), due=Exit.WRONG_USAGE)


def test_keys_that_are_trusted_are_the_ones_that_count(
    command: Command, file: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.pem"
    own.write_text(new_signer(tmp_path / "k.pem").public_keys()[0].public_key_pem)
    said = command("import", "package", str(file), *INTO, "--key", str(own), due=Exit.FAILED)
    assert "none of the 1 trusted keys" in said.stderr
    assert ModelVersion.objects.count() == 1


def test_the_same_files_in_the_same_model_are_known(command: Command, file: Path) -> None:
    into = ("--model-name", "churn-predictor")
    made = read(command("import", "package", str(file), *into, "--json"))
    assert (made["already_registered"], made["number"]) == (True, 1)


def _bytes(target: Path, data: bytes) -> Path:
    target.write_bytes(data)
    return target


def _twice(path: Path, target: Path) -> Path:
    rewritten(path, target)
    with tarfile.open(target, "a", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo("export.json"))
    return target


def _link(path: Path, target: Path) -> Path:
    rewritten(path, target)
    with tarfile.open(target, "a", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo("keys.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    return target


def _too_large(target: Path) -> Path:
    info = tarfile.TarInfo("export.json")
    info.size = SMALL_BYTES + 1
    with target.open("wb") as sink:
        sink.write(info.tobuf(tarfile.GNU_FORMAT))
        sink.truncate(SMALL_BYTES * 2)
    return target


HOSTILE: list[Callable[[Path, Path], Path]] = [
    lambda _, target: _bytes(target, b""),
    lambda _, target: _bytes(target, b"no tar at all" * 100),
    lambda path, target: _bytes(target, path.read_bytes()[:4000]),
    lambda path, target: rewritten(path, target, export=None),
    lambda path, target: rewritten(path, target, export=b"[]"),
    lambda path, target: rewritten(path, target, export=b"{" * 100_000),
    lambda path, target: rewritten(path, target, export=b'{"format": "aegis.export/9"}'),
    lambda path, target: rewritten(path, target, package=None),
    lambda path, target: rewritten(path, target, manifest=b"{}"),
    lambda path, target: rewritten(path, target, signature=b"{}"),
    lambda path, target: rewritten(path, target, signature=None),
    lambda path, target: rewritten(path, target, **{"../../evil": b"x"}),
    lambda path, target: rewritten(path, target, **{"package.tar.gz.aegis/../x.json": b"x"}),
    lambda path, target: rewritten(path, target, more=b"x"),
    _twice,
    _link,
    lambda _, target: _too_large(target),
]


def test_a_hostile_file_is_refused_with_a_sentence_and_nothing_is_sent(
    command: Command, file: Path, tmp_path: Path
) -> None:
    for number, make in enumerate(HOSTILE):
        target = make(file, tmp_path / f"hostile-{number}.tar")
        done = CliRunner().invoke(app, ["import", "package", str(target), *INTO])
        assert done.exit_code in {Exit.WRONG_USAGE, Exit.REFUSED, Exit.FAILED}, done.output
        assert "Traceback" not in done.output
    assert ModelVersion.objects.count() == 1


def test_another_package_than_the_signed_one_is_refused(
    command: Command, file: Path, tmp_path: Path
) -> None:
    data = members(file)["package.tar.gz"]
    for number, package in enumerate((data[:-20], data[: len(data) // 2], b"x" * len(data))):
        target = rewritten(file, tmp_path / f"other-{number}.tar", package=package)
        done = CliRunner().invoke(app, ["import", "package", str(target), *INTO])
        assert done.exit_code in {Exit.WRONG_USAGE, Exit.REFUSED, Exit.FAILED}, done.output
        assert "Traceback" not in done.output
    assert not ModelVersion.objects.filter(registered_model__name="taken-over").exists()


def test_what_a_file_claims_of_itself_stays_a_claim(
    command: Command, file: Path, tmp_path: Path
) -> None:
    said = json.loads(members(file)["export.json"])
    said |= {
        "registry": "https://registry.example",
        "model": "resnet",
        "version": 50,
        "facts": [{"name": "licence", "value": "Apache-2.0"}, {"name": "colour", "value": 1}, 7],
        "metrics": [{"name": "accuracy", "value": 1.0, "source": "report"}, {"name": 5}, None],
        "card": {"sections": {"overview": "The best of all models.", "nope": "x"}},
    }
    target = rewritten(file, tmp_path / "lies.tar", export=json.dumps(said).encode())

    command("import", "package", str(target), *INTO)

    taken = ModelVersion.objects.get(registered_model__name="taken-over")
    assert Provenance.objects.get(version=taken).shown == "resnet@50 of https://registry.example"
    assert [one.source for one in Metric.objects.filter(version=taken)] == ["claim"]
    assert not taken.card_revisions.exists()
    assert list(taken.facts.values_list("name", "source")) == [("licence", "registration")]
