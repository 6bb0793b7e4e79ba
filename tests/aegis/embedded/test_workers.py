"""Two workers: what takes long never holds up what people wait for."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from aegis import presence, queues
from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from imports.asking import ask_import
from imports.models import Import
from imports.rights import grant_import_right
from registry.resigning import sign_again
from tests.cast import Cast
from tests.harness import programs, run
from tests.harness.programs import Programs
from tests.harness.worker import Worker
from tests.registry import making

SECONDS = 30.0
"""Within which a machine that is busy with tests does what takes a moment."""
THREADS = 4


@contextmanager
def never_answering() -> Iterator[str]:
    """A server that takes every connection and says nothing."""
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=take, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    for connection in taken:
        connection.close()


@pytest.fixture
def hub() -> Iterator[str]:
    with never_answering() as address:
        yield address


@pytest.fixture
def both(
    transactional_db: None, _worker: Worker, hub: str, settings: Settings
) -> Iterator[Programs]:
    settings.REDIS_URL = run.worker_redis_url()
    environment = {"HF_ENDPOINT": f"http://{hub}", "AEGIS_EGRESS_ALLOW": hub}
    wanted = Programs(environment)
    with programs.running(wanted, "worker", "importer", session=_worker) as found:
        assert wait_for(lambda: not presence.unserved(queues.ALL), 90), found.log("importer")
        yield found


def wait_for(condition: Callable[[], bool], seconds: float = SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def fill(cast: Cast) -> None:
    """Let more imports hang than the importer has threads."""
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    for person in (cast.mina, cast.marc, cast.ci_growth):
        for number in range(2):
            ask_import(
                actor=person,
                source="huggingface",
                reference={"repo": f"acme/of-{person.username}-{number}"},
                model_name=f"of-{person.username}-{number}",
                team=cast.growth,
            )
    assert wait_for(lambda: Import.objects.filter(state="running").count() == THREADS)


def test_imports_that_hang_hold_up_neither_signatures_nor_letters(
    both: Programs, cast: Cast
) -> None:
    version = making.new_version(making.new_model(cast), cast.mina)
    fill(cast)

    signing = sign_again(version, actor=cast.marc)
    event = OutboxEvent.objects.create(kind="rehearsal:asked", payload={})
    (told,) = notify([cast.rita], event=event, kind="review", title="Mina asks for Production")

    def is_done() -> bool:
        signing.refresh_from_db()
        told.refresh_from_db()
        return (signing.state, told.letter_sent_at is None) == ("done", False)

    assert wait_for(is_done), both.log("worker")
    assert Import.objects.filter(state="running").count() == THREADS, "they hang all the while"


def test_aegis_is_ready_without_the_importer_and_says_that_it_is_missing(
    both: Programs, client: Client
) -> None:
    both.kill("importer")
    assert wait_for(lambda: presence.unserved(queues.ALL) == list(queues.LONG))
    found = client.get("/readyz")
    assert (found.status_code, found.json()["parts"]["worker"]) == (200, "ok")
    sentence = "No worker serves the queues imports and packages; what is in there waits."
    assert found.json()["notices"]["imports"] == sentence
