"""``aegis promote`` and ``aegis status`` at a real registry: what people and CI jobs are told."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from approvals.models import PromotionRequest
from approvals.promoting import promote
from registry.models import ModelVersion
from registry.registration import edit_model
from tests.aegis.sdk.serving import Serving
from tests.approvals import making

pytestmark = pytest.mark.django_db(transaction=True)

ASK = ("promote", "churn-predictor@1", "--reason", making.REASON)
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


@pytest.fixture
def version(serving: Serving) -> ModelVersion:
    making.staging_policy(serving.cast)
    making.production_policy(serving.cast)
    with serving.worker.paused():
        return making.new_version(making.new_model(serving.cast), serving.cast.mina)


Act = Callable[[PromotionRequest], object]


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Act], Future[None]]]:
    """Do something with the request that the command opens, while it waits."""

    def wait_and(act: Act) -> None:
        try:
            deadline = time.monotonic() + 60
            while (request := PromotionRequest.objects.first()) is None:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            act(request)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        yield lambda act: threads.submit(wait_and, act)


def test_with_wait_it_ends_once_the_version_is_there(
    version: ModelVersion, command: Command, meanwhile: Callable[[Act], Future[None]]
) -> None:
    carried_out = meanwhile(lambda request: promote(request.pk))
    said = command(*ASK, "--stage", "Staging", "--wait", "--timeout", "60").stdout
    carried_out.result()

    assert "Moved churn-predictor@1 to Staging" in said
    assert "ok    request 1 is promoted" in said
    assert "ok    churn-predictor@1 is Staging" in said
    assert 'aegis archive churn-predictor@1 --reason "…"' in said
    assert said.endswith("Summary\n  churn-predictor@1 is in Staging.\n")
    found: Any = json.loads(command("status", "1", "--wait", "--json").stdout)
    assert (found["number"], found["state"], found["target"]) == (1, "promoted", "Staging")


def test_with_wait_a_rejection_ends_the_job(
    serving: Serving,
    version: ModelVersion,
    command: Command,
    meanwhile: Callable[[Act], Future[None]],
) -> None:
    decided = meanwhile(lambda request: making.say(request, serving.cast.rita, "reject"))
    done = command(*ASK, "--wait", "--timeout", "60", "--json", due=Exit.REFUSED)
    decided.result()

    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["request"]) == ("promotion_rejected", 1)
    assert "Rita Sandoval rejected it." in done.stderr
    assert "State      rejected" in command("status", "1").stdout


def test_what_nobody_decides_in_time_is_looked_at_later(
    serving: Serving, version: ModelVersion, command: Command
) -> None:
    done = command(*ASK, "--wait", "--timeout", "0.1", due=Exit.FAILED)
    assert "see it through with: aegis status 1 --wait" in done.stderr

    lines = command("status", "1").stdout.splitlines()
    assert lines[:3] == [
        "Request 1: churn-predictor@1",
        "State      open, 0 of 2 approvals",
        "Target     Production",
    ]
    assert any(line.startswith("ok    Model card: ") for line in lines)
    assert lines[-1] == f"Page       {serving.url}/reviews/1/"
    command("status", "7", due=Exit.NOT_FOUND)


def test_who_may_not_see_the_model_finds_no_request(
    serving: Serving, version: ModelVersion, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(*ASK)
    edit_model(version.registered_model, actor=serving.cast.marc, visibility="restricted")
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.stan))
    command("status", "1", due=Exit.NOT_FOUND)
