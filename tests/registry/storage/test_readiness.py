import threading
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from aegis.settings.addresses import Storage
from registry.storage import readiness
from registry.storage.readiness import Watcher, sentence, usable_store
from tests.servers.faults import FaultyServer
from tests.servers.fixtures import in_bucket

__all__ = ["in_bucket"]


def test_a_good_folder_is_well(data_folder: Path) -> None:
    assert sentence() == "ok"
    assert usable_store() == []


def test_a_folder_that_cannot_be_used_is_named(settings: Settings) -> None:
    settings.AEGIS_STORAGE = Storage(scheme="file", root=Path("/sys/aegis"))
    assert "the folder /sys/aegis" in sentence()
    (error,) = usable_store()
    assert "AEGIS_STORAGE_URL names the folder /sys/aegis" in str(error.hint)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 404, "code": "NoSuchBucket"}, "does not exist. Create the bucket"),
        ({"status": 403, "code": "AccessDenied"}, "docs/how-to/s3.md"),
        ({"status": 503, "code": "SlowDown"}, "does not answer (503 SlowDown)"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_named_with_what_mends_it(
    in_bucket: FaultyServer, fault: dict[str, object], words: str
) -> None:
    assert sentence() == "ok"
    in_bucket.plan("begin", "refuse", **fault)
    found = sentence()
    assert "The bucket aegis-tests at http" in found
    assert words in found
    assert sentence() == "ok"


def test_the_check_of_a_deployment_names_the_store(in_bucket: FaultyServer) -> None:
    call_command("check", "--deploy", "--tag", "storage")
    in_bucket.plan("begin", "refuse", status=403, code="AccessDenied")
    with pytest.raises(CommandError, match="does not let Aegis write"):
        call_command("check", "--deploy", "--tag", "storage")
    in_bucket.seen.clear()
    call_command("check")
    assert in_bucket.seen == []


def test_many_probes_ask_the_store_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask() -> str:
        asked.append(1)
        time.sleep(0.2)
        return "ok"

    watcher = Watcher(ask)
    threads = [threading.Thread(target=watcher.say) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert watcher.say() == "ok"
    assert len(asked) == 1
    monkeypatch.setattr(readiness, "ASKED_EVERY", 0.0)
    watcher.say()
    assert len(asked) == 2


def test_a_store_that_hangs_keeps_no_probe_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PATIENCE", 0.2)
    let_go = threading.Event()
    watcher = Watcher(lambda: "ok" if let_go.wait(30) else "never")
    began = time.monotonic()
    assert "has not answered within" in watcher.say()
    assert time.monotonic() - began < 5
    let_go.set()
    monkeypatch.setattr(readiness, "PATIENCE", 10.0)
    assert watcher.say() == "ok"
