"""What a tracking server may answer when something is wrong with it, or with the way to it."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Conflict, Forbidden, NotFound, Refusal, Unavailable
from aegis.proof.streams import chunks
from aegis.settings.tracking import TrackingServer
from imports.sources.mlflow.asking import Tracking
from imports.sources.mlflow.source import MlflowSource
from imports.sources.protocol import Plan, PlannedFile
from imports.usable_plans import usable
from tests.harness.stack import free_port
from tests.servers.answering import Answering, AnsweringServer, Asked, answering

RUN = "0123456789abcdef" * 2
CANARY = "canary-0d81f2"
REFERENCE = {"run_id": RUN, "artifact_path": "model"}
BYTES = bytes(range(256)) * 400
FILE = PlannedFile("model.bin", f"1/{RUN}/artifacts/model.bin", len(BYTES))
PLAN = Plan("mlflow:main/x/y", "y of x", (FILE,), pinned={"run_id": RUN})


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. ``body`` is bytes or JSON; of ``cut`` bytes only so many are sent."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    seconds: float = 0.0

    def send(self, to: Answering) -> None:
        data = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        time.sleep(self.seconds)
        to.head(self.status, **{"Content-Length": str(len(data))} | self.headers)
        to.wfile.write(data[: self.cut])
        if self.cut is not None:
            to.hang_up()


Answers = Callable[[Asked], Said]
Start = Callable[[Answers], AnsweringServer]


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1"})
    with ExitStack() as stack:
        yield lambda answers: stack.enter_context(
            answering(lambda handler: answers(handler.request_of).send(handler))
        )


def source(server: AnsweringServer, **credential: Any) -> MlflowSource:
    return MlflowSource(TrackingServer("main", server.url, **credential))


def run_document(**info: Any) -> dict[str, Any]:
    known = {
        "run_id": RUN,
        "status": "FINISHED",
        "lifecycle_stage": "active",
        "artifact_uri": f"mlflow-artifacts:/1/{RUN}/artifacts",
    }
    return {"run": {"info": {**known, **info}}}


@pytest.mark.parametrize(
    ("said", "kind", "code", "words"),
    [
        (Said(status=401), Forbidden, "mlflow_login_wanted", "main wants a login"),
        (Said(status=403), Forbidden, "mlflow_not_permitted", "main does not let Aegis"),
        (Said(status=429), Unavailable, "mlflow_busy", "main has too much to do"),
        (Said(b"<html>", status=500), Unavailable, "mlflow_failed", "main failed with 500"),
        (Said(b"<html>", status=502), Unavailable, "mlflow_failed", "main failed with 502"),
        (Said(b"<html>Sign in"), Unavailable, "mlflow_unreadable", "no answer of MLflow's"),
        (Said(b"<html>", status=404), Unavailable, "mlflow_unreadable", "answered with 404"),
        (
            Said({"error_code": "X", "message": "no such thing"}, status=404),
            Conflict,
            "mlflow_refused",
            "main refused what Aegis asked for: no such thing",
        ),
        (Said([1, 2]), Unavailable, "mlflow_unreadable", "no answer of MLflow's"),
        (Said(b"[" * 100_000), Unavailable, "mlflow_unreadable", "no answer of MLflow's"),
        (Said({}), Unavailable, "mlflow_unreadable", "no answer of MLflow's"),
        (Said({"run": {"info": {"run_id": 7}}}), Unavailable, "mlflow_unreadable", "main"),
        (Said({"run": []}), Unavailable, "mlflow_unreadable", "main"),
        (
            Said({"error_code": "RESOURCE_DOES_NOT_EXIST"}, status=404),
            NotFound,
            "mlflow_run_missing",
            f"main has no run {RUN}",
        ),
        (Said(b"{}", cut=1), Unavailable, "egress_broken_off", "broke off"),
        (
            Said(status=302, headers={"Location": "https://login.example/"}),
            Forbidden,
            "egress_refused",
            "login.example, which is another server",
        ),
    ],
)
def test_an_answer_that_was_not_hoped_for_is_told_in_a_sentence(
    said: Said, kind: type[Refusal], code: str, words: str, start: Start
) -> None:
    server = start(lambda _: said)
    with pytest.raises(kind) as refused:
        source(server).plan(REFERENCE)
    assert refused.value.code == code
    assert words in refused.value.sentence


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "90"}, 90), ({}, 60)])
def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(
    headers: dict[str, str], seconds: int, start: Start
) -> None:
    server = start(lambda _: Said(status=429, headers=headers))
    with pytest.raises(Unavailable) as refused:
        source(server).plan(REFERENCE)
    assert refused.value.details == {"retry_after": seconds}
    with pytest.raises(Unavailable) as refused, source(server).open(PLAN, FILE, offset=0):
        pass
    assert refused.value.details == {"retry_after": seconds}


@pytest.mark.usefixtures("start")
def test_a_server_that_is_away_is_waited_for() -> None:
    server = TrackingServer("main", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable) as refused:
        MlflowSource(server).plan(REFERENCE)
    assert refused.value.code == "egress_unreachable"


def test_a_server_that_takes_too_long_is_given_up(start: Start) -> None:
    server = start(lambda _: Said(run_document(), seconds=3))
    with (
        Tracking(TrackingServer("main", server.url), seconds=0.3) as tracking,
        pytest.raises(Unavailable) as refused,
    ):
        tracking.get("/api/2.0/mlflow/runs/get", {"run_id": RUN})
    assert refused.value.code == "egress_slow"


def test_a_server_of_an_internal_network_is_asked_only_where_the_operator_allows_it(
    start: Start, settings: Settings
) -> None:
    server = start(lambda _: Said(run_document()))
    settings.AEGIS_EGRESS_ALLOW = frozenset()
    with pytest.raises(Forbidden) as refused:
        source(server).plan(REFERENCE)
    assert refused.value.code == "egress_refused"
    assert "AEGIS_EGRESS_ALLOW" in (refused.value.mend or "")
    assert server.asked == []


@pytest.mark.parametrize(
    "names",
    [["../../etc"], ["a/b"], [""], [".."], [7], ["x\n"], ["a%41"], [".aegis"], ["x", "X"], ["x."]],
)
def test_a_listing_with_names_that_cannot_be_is_refused(names: list[Any], start: Start) -> None:
    def answers(asked: Asked) -> Said:
        if "runs/get" in asked.path:
            return Said(run_document())
        if asked.path.endswith("artifacts"):
            return Said({"files": [{"path": "model", "is_dir": True}]})
        return Said({"files": [{"path": name, "file_size": 1} for name in names]})

    with pytest.raises(Refusal) as refused:
        usable(source(start(answers)).plan(REFERENCE))
    assert refused.value.status in {400, 503}


def test_folders_without_end_are_given_up(start: Start) -> None:
    def answers(asked: Asked) -> Said:
        if "runs/get" in asked.path:
            return Said(run_document())
        return Said({"files": [{"path": "model", "is_dir": True}]})

    with pytest.raises(Refusal) as refused:
        source(start(answers)).plan(REFERENCE)
    assert refused.value.code == "path_too_deep"


def test_texts_that_no_table_takes_stay_out(start: Start) -> None:
    odd = "a\x00b\u202e"

    def answers(asked: Asked) -> Said:
        if "runs/get" in asked.path:
            document = run_document(run_name=odd, user_id=odd, experiment_id=odd, status=odd)
            pair = [{"key": odd, "value": odd}, {"key": "fine", "value": odd}]
            metrics = [{"key": odd, "value": 1}, {"key": "ok", "value": "1.5"}, {"key": "no"}]
            address = {"url": f"https://data.example/x?sig={'a' * 60}%3D"}
            dataset = {"name": "calls", "source": json.dumps(address), "profile": "{"}
            document["run"]["inputs"] = {"dataset_inputs": [{"dataset": dataset}, {}, 7]}
            document["run"]["data"] = {"params": pair, "tags": pair, "metrics": metrics}
            return Said(document)
        return Said({"files": [{"path": "model", "file_size": len(BYTES)}]})

    plan = source(start(answers)).plan(REFERENCE)
    text = repr(plan.to_json())
    assert r"\x00" not in text.replace(r"\\x00", "")
    assert r"\u202e" not in text.replace(r"\\u202e", "")
    assert plan.facts.keys() == {"source_uri", "source_revision", "dataset"}
    assert plan.facts["dataset"] == {"name": "calls"}
    assert "addresses of data sets, 1 is left out: calls (it holds a secret)" in text
    assert [metric.name for metric in plan.metrics] == ["ok"]


def read(opened: AbstractContextManager[Any]) -> bytes:
    with opened as stream:
        return b"".join(chunks(stream))


def in_parts(asked: Asked) -> Said:
    """Answer as a server does that honours ``Range``."""
    wanted = asked.headers.get("range")
    if wanted is None:
        return Said(BYTES)
    begin = int(wanted.removeprefix("bytes=").rstrip("-"))
    where = f"bytes {begin}-{len(BYTES) - 1}/{len(BYTES)}"
    return Said(BYTES[begin:], status=206, headers={"Content-Range": where})


@pytest.mark.parametrize("answers", [in_parts, lambda _: Said(BYTES)])
@pytest.mark.parametrize("offset", [0, 1, 70_000, len(BYTES) - 1])
def test_a_file_is_read_from_any_byte_with_or_without_ranges(
    offset: int, answers: Answers, start: Start
) -> None:
    server = start(answers)
    assert read(source(server).open(PLAN, FILE, offset=offset)) == BYTES[offset:]
    assert server.asked[0].path == f"/api/2.0/mlflow-artifacts/artifacts/{FILE.place}"


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (Said(BYTES, cut=5_000), Unavailable, "egress_broken_off"),
        (Said(BYTES + b"x"), Conflict, "source_changed"),
        (Said(BYTES[:-1]), Conflict, "source_changed"),
        (Said(status=404), Conflict, "source_changed"),
        (Said(status=416), Conflict, "source_changed"),
        (
            Said(BYTES[9:], 206, {"Content-Range": f"bytes 9-{len(BYTES)}/{len(BYTES) + 1}"}),
            Conflict,
            "source_changed",
        ),
        (Said(BYTES, 206, {"Content-Range": "bytes 99-100/9"}), Unavailable, "mlflow_unreadable"),
        (Said(BYTES, 206), Unavailable, "mlflow_unreadable"),
        (Said(status=401), Forbidden, "mlflow_login_wanted"),
        (Said(status=500), Unavailable, "mlflow_failed"),
        (Said(status=204), Unavailable, "mlflow_unreadable"),
    ],
)
def test_a_file_that_is_not_given_out_as_it_was_planned_is_not_taken(
    said: Said, kind: type[Refusal], code: str, start: Start
) -> None:
    with pytest.raises(kind) as refused:
        read(source(start(lambda _: said)).open(PLAN, FILE, offset=9))
    assert refused.value.code == code


def test_the_credential_goes_to_the_server_and_nowhere_else(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    other = start(lambda _: Said(BYTES))

    def answers(asked: Asked) -> Said:
        if asked.headers.get("authorization") != f"Bearer {CANARY}":
            return Said(status=401)
        if "mlflow-artifacts/artifacts/" in asked.path:
            return Said(status=302, headers={"Location": f"{other.url}/presigned"})
        if "runs/get" in asked.path:
            return Said(run_document())
        return Said({"files": [{"path": "model", "file_size": len(BYTES)}]})

    server = start(answers)
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(Forbidden) as refused:
            source(server, token="wrong").plan(REFERENCE)
        assert refused.value.code == "mlflow_login_refused"
        found = source(server, token=CANARY)
        plan = found.plan(REFERENCE)
        data = read(found.open(plan, plan.files[0], offset=0))
    assert hashlib.sha256(data).digest() == hashlib.sha256(BYTES).digest()
    assert [asked.path for asked in other.asked] == ["/presigned"]
    assert CANARY not in str(other.asked[0].headers)
    assert CANARY not in repr(plan.to_json())
    assert CANARY not in f"{found!r} {vars(found)}"
    assert CANARY not in caplog.text


def test_no_tag_but_those_of_aegis_is_set(start: Start) -> None:
    server = start(lambda _: Said())
    with pytest.raises(Refusal) as refused:
        source(server).annotate(PLAN, {"mlflow.note.content": "x"})
    assert refused.value.code == "mlflow_tag_not_ours"
    assert server.asked == []
