"""The importer of the stack, killed in each step of an import, and the same started again.

Worker, importer and beat are the programs that `make run` starts. Each import stands in another
step when the importer is killed; after that nothing is done for them but starting it again.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from imports.asking import ask_import
from imports.models import Import, ImportStep
from imports.rights import grant_import_right
from imports.sources.configured import KINDS
from registry.models import ModelVersion, ScanReport, Upload
from registry.upload_files import PART_BYTES
from registry.uploads import upload_folder
from tests.cast import Cast
from tests.harness import programs, stopping_app
from tests.harness.programs import Programs
from tests.harness.worker import Worker
from tests.recorded import last, recorded
from tests.registry import making
from tests.servers.hub import Hub, Stall

pytestmark = pytest.mark.django_db(transaction=True)

POINTS = {
    "of-resolve": "resolve worked",
    "of-check": "check worked",
    "of-scan": "scan worked",
    "of-package": "package worked",
    "of-sign": "sign worked",
    "of-annotate": "annotate",
}
FETCHED, LARGE = "of-fetch", "large.safetensors"
ALL = (*POINTS, FETCHED)
SMALL = {"config.json": b'{"layers": 2}', "vocabulary.txt": b"one\ntwo\n"}
SENT = 2 * PART_BYTES + PART_BYTES // 2
"""Bytes of the large file that have left the hub when the importer is killed."""
PROMISED = timedelta(seconds=60)
"""From the start of the importer to the end of each import, by the clock of the database."""
PATIENCE = 120.0


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """The folder in which the importer reads where to stand still."""
    folder = tmp_path / "points"
    folder.mkdir()
    for model, point in POINTS.items():
        (folder / model).write_text(point)
    return folder


@pytest.fixture
def started(transactional_db: None, _worker: Worker, hub: Hub, points: Path) -> Iterator[Programs]:
    environment = {
        "HF_ENDPOINT": hub.endpoint,
        "AEGIS_EGRESS_ALLOW": ",".join(sorted(hub.hosts)),
        "AEGIS_IMPORTS_AT_ONCE": "20",
        stopping_app.FOLDER: str(points),
    }
    wanted = Programs(environment, ("--concurrency", "8"), "tests.harness.stopping_app")
    with programs.running(wanted, "worker", "importer", "beat", session=_worker) as found:
        yield found


@pytest.fixture
def stall(hub: Hub) -> Iterator[Stall]:
    """Repositories for each step, and how the large file of one of them is sent at first."""
    found = Stall(SENT, seconds=PATIENCE)
    for model in POINTS:
        hub.repository(f"acme/{model}", dict(SMALL))
    hub.repository(f"acme/{FETCHED}", {**SMALL, LARGE: making.weights(os.urandom(3 * PART_BYTES))})
    hub.fail("Signature=", found)
    yield found
    found.ends.set()


@pytest.fixture
def asked(
    cast: Cast, hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """A function that asks for all imports."""
    settings.HF_ENDPOINT = hub.endpoint
    monkeypatch.setitem(KINDS, "huggingface", replace(KINDS["huggingface"], keeps_notes=True))
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")

    def ask() -> None:
        for model in ALL:
            ask_import(
                actor=cast.mina,
                source="huggingface",
                reference={"repo": f"acme/{model}"},
                model_name=model,
                team=cast.growth,
            )

    return ask


def test_the_importer_is_killed_in_each_step_and_started_again(
    started: Programs, asked: Callable[[], None], hub: Hub, stall: Stall, points: Path
) -> None:
    since = last()
    asked()
    wait_for(started, stall.has_begun.is_set)
    wait_for(started, lambda: len(list(points.glob("*.reached"))) == len(POINTS))
    wait_for(started, lambda: arrived() == 2 * PART_BYTES)
    started.kill("importer")
    stall.ends.set()

    started_at = timezone.now()
    started.start("importer")
    owed = ImportStep.objects.filter(name=ImportStep.Name.ANNOTATE, finished_at=None)
    wait_for(
        started, lambda: not Import.objects.exclude(state="done").exists() and not owed.exists()
    )
    took = {
        step.job.model_name: step.finished_at - started_at
        for step in ImportStep.objects.filter(name=ImportStep.Name.ANNOTATE).select_related("job")
    }
    assert max(took.values()) <= PROMISED, took

    versions = ModelVersion.objects.all()
    assert {version.state for version in versions} == {"ready"}
    assert len(versions) == ScanReport.objects.count() == len(ALL)
    entries = Counter(action for action, _, _ in recorded(since))
    assert {entries[f"version:{what}"] for what in ("registered", "found", "scanned", "ready")} == {
        len(ALL)
    }
    assert set((points / stopping_app.NOTED).read_text().split()) == set(ALL)
    require_nothing_twice(hub)
    assert not any(has_files(version.upload) for version in versions), "all is cleared away"


def arrived() -> int:
    """Return how many bytes of the large file have arrived."""
    upload = Import.objects.get(model_name=FETCHED).made.upload
    return upload_folder().received(upload.pk, upload.files.get(path=LARGE).pk)


def require_nothing_twice(hub: Hub) -> None:
    """Assert that the hub was asked for each small file once, and for the large one's rest."""
    files = Counter(one.path for one in hub.server.asked if one.path.endswith("/vocabulary.txt"))
    assert len(files) == len(ALL)
    assert set(files.values()) == {1}
    first, second = hub.asked_elsewhere()
    assert first in {"", "bytes=0-"}
    begin = int(second.removeprefix("bytes=").removesuffix("-"))
    assert SENT - PART_BYTES <= begin <= SENT, "at most one part is downloaded twice"


def has_files(upload: Upload) -> bool:
    return any(upload_folder().received(upload.pk, file.pk) for file in upload.files.all())


def wait_for(started: Programs, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, started.log("importer")
        time.sleep(0.2)
