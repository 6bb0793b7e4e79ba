"""The command against a registry that answers as it is told: exits, sentences, JSON, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from aegis.cli.app import app
from aegis.cli.exits import Exit, exit_of
from aegis.command_reference import commands_of
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable
from aegis.proof.signing.refusals import Unverified
from aegis.sdk import BadAnswer, Failed, Unauthenticated, Unreachable
from aegis.sdk.signing import sign_model_artifact
from tests.aegis.sdk.stub import Asked, Reply, problem, registry
from tests.aegis.sdk.test_signing import private_pem
from tests.harness.stack import ROOT

TOKEN = "aegis_canary-token"
VERSION = {
    "model": "churn",
    "number": 3,
    "label": "2.1.0",
    "state": "ready",
    "stage": "Production",
    "digest": "a" * 64,
    "size": 2_500_000,
    "file_count": 2,
    "created_by": "mina",
    "created_at": "2026-11-20T09:14:00Z",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AEGIS_TOKEN", TOKEN)
    monkeypatch.setenv("AEGIS_CACHE", str(tmp_path))


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Invalid("a", "A."), Exit.WRONG_USAGE),
        (NotFound("a", "A."), Exit.NOT_FOUND),
        (Forbidden("a", "A."), Exit.REFUSED),
        (Unauthenticated("a", "A."), Exit.REFUSED),
        (Conflict("a", "A."), Exit.REFUSED),
        (Unverified("a", "A."), Exit.FAILED),
        (Failed("a", "A."), Exit.FAILED),
        (BadAnswer("a", "A."), Exit.FAILED),
        (Unreachable("a", "A."), Exit.UNREACHABLE),
        (Unavailable("a", "A."), Exit.FAILED),
    ],
)
def test_each_refusal_has_its_exit(refusal: Refusal, code: Exit) -> None:
    assert exit_of(refusal) == code


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (401, 3), (403, 3), (404, 4), (409, 3), (500, 1)]
)
def test_a_refusal_is_one_line_and_an_exit(status: int, code: int) -> None:
    said = problem(status, "some_code", "That is so.", mend="Do this.")
    with registry(lambda _: said) as stub:
        done = CliRunner().invoke(app, ["show", "churn@3", "--url", stub.url])
        assert (done.exit_code, done.stdout) == (code, "")
        assert done.stderr == "That is so. Do this.\n"
        done = CliRunner().invoke(app, ["show", "churn@3", "--url", stub.url, "--json"])
    assert done.exit_code == code
    assert json.loads(done.stdout)["error"] == {
        "code": "some_code",
        "sentence": "That is so.",
        "mend": "Do this.",
    }


def test_a_version_is_shown_to_people_and_to_programs() -> None:
    with registry(lambda _: Reply(200, VERSION)) as stub:
        shown = CliRunner().invoke(app, ["show", "churn@production", "--url", stub.url])
        assert stub.asked[0].path == "/api/v1/models/churn/versions/production/"
        read = CliRunner().invoke(app, ["show", "churn", "--url", stub.url, "--json"])
        assert stub.asked[1].path == "/api/v1/models/churn/versions/latest/"
    assert shown.stdout.startswith("churn@3 (2.1.0)\n")
    assert "2 files" not in shown.stderr
    assert "2, 2.5 MB" in shown.stdout
    assert json.loads(read.stdout)["number"] == 3


def test_versions_are_listed_in_lines_that_programs_can_cut() -> None:
    with registry(lambda _: Reply(200, {"results": [VERSION], "next": None})) as stub:
        done = CliRunner().invoke(app, ["list", "churn", "--url", stub.url])
    assert done.stdout.split("\t")[:4] == ["3", "2.1.0", "ready", "Production"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["show"],
        ["show", "@3"],
        ["register", ".", "m", "--metric", "accuracy=good"],
        ["show", "a@1", "--url", "ftp://x"],
        ["list", "--limit", "0"],
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_every_command_has_help() -> None:
    commands = [words for words, _ in commands_of(typer.main.get_command(app))]
    assert {"verify", "register", "import hf", "import status"} <= set(commands)
    for command in commands:
        done = CliRunner().invoke(app, [*command.split(), "--help"])
        assert done.exit_code == 0
        assert f"aegis {command}" in done.stdout


def test_the_token_is_printed_nowhere() -> None:
    with registry(lambda _: problem(401, "not_authenticated", "Sign in.")) as stub:
        done = CliRunner().invoke(app, ["list", "--url", stub.url, "--json"])
        assert stub.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in done.output


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    asked = threading.Event()
    ended = threading.Event()

    def hang(_: Asked) -> Reply:
        asked.set()
        ended.wait(20)
        return Reply(200, VERSION)

    with registry(hang) as stub:
        # Whoever starts the tests in the background lets their processes ignore Ctrl-C.
        heeding = ["env", "--default-signal=INT"]
        command = [*heeding, sys.executable, "-m", "aegis.cli", "show", "churn@3"]
        environment = {**os.environ, "AEGIS_URL": stub.url, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            assert asked.wait(20)
            process.send_signal(signal.SIGINT)
            _, complained = process.communicate(timeout=20)
        ended.set()
    assert process.returncode == Exit.INTERRUPTED
    assert complained.strip().splitlines()[-1].endswith("go on with: aegis show churn@3")
    assert "Traceback" not in complained


def test_names_of_files_do_not_steer_the_terminal(tmp_path: Path) -> None:
    """A folder with a file that was added, named so that the line above it is written over."""
    private_pem(tmp_path, "registry")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"weights")
    sign_model_artifact(folder, key=tmp_path / "registry.pem")
    names = ["\x1b[2K\rok    All files are the signed ones.", "exe.\u202egnp", "[bold]"]
    for name in (*names, os.fsdecode(b"\xff")):
        (folder / name).write_bytes(b"")
    key = str(tmp_path / "registry.pub")
    done = CliRunner().invoke(app, ["verify", str(folder), "--key", key])
    assert done.exit_code == Exit.FAILED, done
    assert "FAIL  The files are not the signed ones" in done.stdout
    assert not {"\x1b", "\r", "\u202e"} & set(done.output)
    assert "\\u001b[2K" in done.stdout
