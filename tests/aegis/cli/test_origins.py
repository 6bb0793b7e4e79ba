"""What the command says of origins: newer commits of a hub, and a run that is read back."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from imports.annotating import note_of, write_note
from imports.models import Import, RevisionWatch, RunReading
from imports.sources.configured import KINDS
from imports.tasks import sweep_readings
from registry.models import ModelVersion
from tests.aegis.cli.test_importing import HF
from tests.aegis.sdk.serving import Serving

pytestmark = pytest.mark.django_db(transaction=True)

Command = Callable[..., Result]


@pytest.fixture
def command(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs the command as mina, and ends with the exit that is due."""
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.mina))

    def run(*arguments: str, due: Exit = Exit.DONE) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == due, (arguments, done.exit_code, done.output)
        return done

    return run


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def publish(serving: Serving, settings: Settings, commit: str) -> None:
    """Let the folder be a repository of the hub at that commit."""
    serving.folder.revision = commit
    serving.folder.about["pinned"] = {
        "endpoint": settings.HF_ENDPOINT,
        "repo": "acme/tiny",
        "revision": "main",
        "commit": commit,
    }


def test_what_came_from_the_hub_is_listed_and_brought_up_to_date(
    serving: Serving, command: Command, settings: Settings
) -> None:
    listing = ("list", "--from", "huggingface")
    assert read(command(*listing, "--json")) == []
    publish(serving, settings, "a" * 40)
    command(*HF, "--version", "1.0.0")
    assert "not asked yet" in command(*listing).stdout
    assert read(command(*listing, "--newer", "--json")) == []

    RevisionWatch.objects.update(commit="b" * 40, seen_at=timezone.now(), asked_at=timezone.now())
    said = command(*listing, "--newer").stdout
    assert "tiny@1" in said
    assert "newer: bbbbbbbbbbbb since" in said
    (row,) = read(command(*listing, "--json"))
    assert (row["repo"], row["hub"]["state"], row["hub"]["version"]) == ("acme/tiny", "newer", None)
    said = command("show", "tiny@1", "--provenance").stdout
    assert "Hub        newer: bbbbbbbbbbbb since" in said

    publish(serving, settings, "b" * 40)
    serving.folder.files["config.json"] = b"{}"
    made = read(command("import", "newer", "tiny", "--json"))
    assert (made["model"], made["number"], made["label"]) == ("tiny", 2, "1.0.1")
    (row,) = read(command(*listing, "--json"))
    assert (row["version"], row["hub"]["state"]) == (2, "newest")
    said = command("show", "tiny@1", "--provenance").stdout
    assert "here as version 2" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--from", "mlflow"),
        ("list", "--newer"),
        ("list", "tiny", "--from", "huggingface"),
        ("list", "--from", "huggingface", "--stage", "Production"),
    ],
)
def test_a_list_by_origin_takes_what_fits_it(
    serving: Serving, command: Command, arguments: tuple[str, ...]
) -> None:
    command(*arguments, due=Exit.WRONG_USAGE)


def test_a_run_is_read_back_and_says_what_differs(
    serving: Serving, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = replace(serving.folder.as_kind(keeps_notes=True))
    monkeypatch.setitem(KINDS, "huggingface", kind)
    command(*HF)
    # The command asks for what comes from a tracking server; the folder stands for one.
    monkeypatch.setattr("aegis.cli.looking.READ_BACK", "huggingface")
    monkeypatch.setattr("imports.reading_back.hint_reading", lambda _: sweep_readings())
    version = ModelVersion.objects.get()
    show = ("show", "tiny@1", "--provenance")
    assert "Run        not read back yet" in command(*show, "--no-check").stdout
    assert write_note(Import.objects.get())
    said = command(*show).stdout
    assert "Run        its tags name this version and its digest, read " in said
    # Within the minute it is the last reading that is told.
    assert read(command(*show, "--json"))["provenance"]["reading"]["verdict"] == "agrees"

    serving.folder.annotated.append({**note_of(version), "aegis.registry.digest": "sha256:0"})
    RunReading.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    said = command(*show, due=Exit.FAILED).stdout
    assert "its tags name another digest" in said
    assert f"aegis.registry.digest says sha256:0; it should say sha256:{version.digest}" in said
    command(*show, "--no-check", due=Exit.FAILED)
