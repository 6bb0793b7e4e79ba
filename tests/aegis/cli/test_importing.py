"""``aegis import`` at a real registry with a worker: what people and CI jobs are told."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from aegis.problems import Conflict, Forbidden, Unavailable
from imports.models import Import
from imports.sources.protocol import LeftOutFile, Notice
from tests.aegis.sdk.serving import Serving
from tests.e2e.command import Shell
from tests.registry import making

pytestmark = pytest.mark.django_db(transaction=True)

HF = ("import", "hf", "--repo-id", "acme/tiny", "--model-name", "tiny")

Command = Callable[..., Result]


@pytest.fixture
def command(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs the command as mina, and ends with the exit that is due."""
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.mina))

    def run(*arguments: str, due: Exit = Exit.DONE) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == due, (arguments, done.exit_code, done.output)
        assert "Traceback" not in done.output
        return done

    return run


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def test_a_job_reads_the_registered_version_as_json(command: Command) -> None:
    wanted = ("--version", "hf-20251203", "--sign-key", "aegis-development", "--wait", "--json")
    made = read(command(*HF, *wanted))

    assert (made["registered"], made["already_registered"]) == (True, False)
    assert (made["model"], made["number"], made["label"]) == ("tiny", 1, "hf-20251203")
    assert made["import"]["shown"] == "acme/tiny@c0ffee"
    assert made["import"]["state"] == "done"
    assert all(one["passed"] for one in made["verification"])
    again = read(command(*HF, "--json"))
    assert (again["registered"], again["already_registered"]) == (True, True)
    assert again["number"] == 1


def test_people_read_what_was_done_checked_and_how_to_undo_it(command: Command) -> None:
    said = command(*HF, "--version", "hf-1").stdout

    headings = [line for line in said.splitlines() if not line.startswith(" ")]
    assert headings == ["Plan", "Changes", "Verification", "Rollback", "Summary"]
    assert "Import acme/tiny@c0ffee from Hugging Face Hub as tiny" in said
    assert "Registered tiny@1 (hf-1): 2 files, 102.5 kB" in said
    digest = read(command("show", "tiny@1", "--json"))["digest"]
    assert f"ok    tiny@1 is ready, with the digest {digest}" in said
    assert "ok    signed by aegis-development v1" in said
    assert "ok    comes from acme/tiny@c0ffee, a complete copy" in said
    assert 'aegis archive tiny@1 --reason "…"' in said
    assert "None: tiny@1 (hf-1) has these files already" in command(*HF).stdout


def test_the_rollback_takes_the_version_out_of_use(serving: Serving, command: Command) -> None:
    command(*HF)
    archive = ("archive", "tiny@1", "--reason", "Not wanted.")
    assert "ok    tiny@1 is Archived" in command(*archive).stdout
    serving.new_version(making.new_model(serving.cast))
    archive = ("archive", "churn-predictor@1", "--reason", "It is marc's to do.")
    assert command(*archive, due=Exit.REFUSED).stdout == ""


def test_the_origin_of_a_version_is_shown(command: Command) -> None:
    command(*HF)

    said = command("show", "tiny@1", "--provenance").stdout
    assert "Origin     acme/tiny@c0ffee, Hugging Face Hub" in said
    assert "Pinned     commit c0ffee" in said
    assert "Copy       complete, 2 files" in said
    found = read(command("show", "tiny@1", "--provenance", "--json"))
    assert found["provenance"]["identity"] == "folder:acme/tiny@c0ffee"
    assert "provenance" not in read(command("show", "tiny@1", "--json"))


def test_an_upload_has_no_origin(serving: Serving, command: Command) -> None:
    serving.new_version(making.new_model(serving.cast))
    done = command("show", "churn-predictor@1", "--provenance", due=Exit.NOT_FOUND)
    assert "was uploaded" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "due", "sentence"),
    [
        (("--repo-id", "acme/tyni"), Exit.NOT_FOUND, "There is no repository acme/tyni."),
        (("--revision", "no such"), Exit.WRONG_USAGE, "A reference names a repo."),
        (("--model-name", "a/b"), Exit.WRONG_USAGE, ""),
        (("--team", "no-such-team"), Exit.WRONG_USAGE, ""),
        (("--version", "latest"), Exit.WRONG_USAGE, ""),
        (("--sign-key", "no-such-key"), Exit.WRONG_USAGE, ""),
    ],
)
def test_what_is_wrong_ends_with_the_right_exit_and_leaves_nothing(
    command: Command, arguments: tuple[str, ...], due: Exit, sentence: str
) -> None:
    done = command(*HF, *arguments, due=due)
    assert sentence in done.stderr
    error = read(command(*HF, *arguments, "--json", due=due))["error"]
    assert error["code"]
    assert read(command("list", "--json")) == []


def test_what_the_source_refuses_is_refused(serving: Serving, command: Command) -> None:
    notice = Notice("file_too_large", "One file is too large.", refuses=True)
    serving.folder.about = {"notices": (notice,)}
    planned = command(*HF, "--plan", due=Exit.REFUSED)
    assert "Refused    One file is too large." in planned.stdout
    done = command(*HF, due=Exit.REFUSED)
    assert "One file is too large." in done.stderr


def test_a_source_that_wants_a_login_is_a_refusal(serving: Serving, command: Command) -> None:
    wants = Forbidden("hub_gated", "The repository is gated.", mend="Ask for access there.")
    serving.folder.breaks["config.json"] = (0, wants)
    done = command(*HF, due=Exit.REFUSED)
    assert "tiny@1 could not be imported: The repository is gated." in done.stderr


def test_a_file_that_runs_code_comes_into_quarantine(serving: Serving, command: Command) -> None:
    serving.folder.files = {"harmful.pkl": b"cos\nsystem\n(S'true'\ntR."}
    done = command(*HF, "--json", due=Exit.REFUSED)
    assert read(done)["quarantined_at"]
    assert "tiny@1 is in quarantine" in done.stderr


def test_a_plan_changes_nothing(serving: Serving, command: Command) -> None:
    left_out = LeftOutFile("model.bin", "twin of model.safetensors", 7, "b" * 64)
    serving.folder.about = {"left_out": (left_out,)}

    said = command(*HF, "--plan").stdout
    assert "Copy partial, 2 files; 1 file left out, 102.5 kB" in said
    assert f"- model.bin (7 B, sha256 {'b' * 64}): twin of model.safetensors" in said
    assert said.endswith("Nothing was changed.\n")
    found = read(command(*HF, "--plan", "--json"))
    assert (found["state"], found["version"]) == ("cancelled", None)
    assert read(command("list", "--json")) == []


def test_a_job_that_does_not_wait_looks_later(serving: Serving, command: Command) -> None:
    away = Unavailable("hub_unreachable", "The hub does not answer.")
    serving.folder.breaks["config.json"] = (1, away)
    made = read(command(*HF, "--no-wait", "--json"))
    number = str(made["import"]["number"])
    assert (made["registered"], made["number"], made["state"]) == (False, 1, "pending")
    until = time.monotonic() + 30
    while not Import.objects.exclude(waiting_since=None).exists():
        assert time.monotonic() < until
        time.sleep(0.1)

    said = command("import", "status", number).stdout
    assert f"Import {number} of tiny@1" in said
    assert "Reason     The hub does not answer." in said
    assert command("import", "list").stdout.split("\t")[:2] == [number, "Waiting"]

    Import.objects.update(lease_until=None)
    done = read(command("import", "status", number, "--wait", "--json"))
    assert (done["registered"], done["number"]) == (True, 1)
    assert read(command("import", "list", "--mine", "--json"))[0]["state"] == "done"
    command("import", "status", "99", due=Exit.NOT_FOUND)


def test_an_import_is_cancelled_or_tried_again(
    serving: Serving, command: Command, tmp_path: Path
) -> None:
    shell = Shell(serving.url, serving.token(serving.cast.mina), tmp_path)
    with serving.worker.paused(), shell.begin(*HF) as waiting:
        number = str(asked_for())
        said = command("import", "cancel", number).stdout
        _, complained = waiting.communicate(timeout=60)
    assert f"ok    import {number} is cancelled" in said
    assert waiting.returncode == Exit.FAILED
    assert f"Import {number} of tiny was cancelled." in complained
    command("import", "cancel", number, due=Exit.REFUSED)

    serving.folder.breaks["config.json"] = (0, Conflict("broken", "It is broken."))
    failed = read(command(*HF, "--json", due=Exit.REFUSED))["error"]
    said = command("import", "retry", str(failed["import"])).stdout
    assert f"aegis import cancel {failed['import']}" in said
    assert read(command("import", "status", str(failed["import"]), "--wait", "--json"))[
        "registered"
    ]


def test_ctrl_c_says_which_import_goes_on(serving: Serving, tmp_path: Path) -> None:
    shell = Shell(serving.url, serving.token(serving.cast.mina), tmp_path)
    with serving.worker.paused(), shell.begin(*HF) as waiting:
        number = asked_for()
        time.sleep(1)
        waiting.send_signal(signal.SIGINT)
        _, complained = waiting.communicate(timeout=60)
    assert waiting.returncode == Exit.INTERRUPTED
    assert complained == (
        f"Import {number} goes on at the registry; wait with: aegis import status {number} --wait\n"
    )
    shell.run("import", "status", str(number), "--wait")


def asked_for() -> int:
    """Return the number of the import that a command has just asked for."""
    until = time.monotonic() + 60
    while (number := Import.objects.values_list("number", flat=True).first()) is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    return number
