"""What may happen while an import runs, in each of its steps."""

import fcntl
import io
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from aegis.problems import Conflict, Unavailable
from aegis.proof.streams import Readable
from imports.asking import ask_import, cancel, retry
from imports.models import Import
from imports.rights import grant_import_right
from imports.running import POINTS, POINTS_OF_SOURCES, run
from imports.sources.configured import KINDS
from imports.sources.protocol import Plan, PlannedFile
from imports.sweeping import sweep_ended
from registry.models import ModelVersion
from registry.upload_files import PART_BYTES
from registry.uploads import upload_folder
from tests.cast import Cast
from tests.fakes import AbsentSigner
from tests.imports.sources.folder import FolderSource
from tests.recorded import last, recorded
from tests.registry import making, scanning

STEPS = (POINTS[0], *POINTS_OF_SOURCES, *POINTS[1:-1])
"""All points of an import from a source but its end."""
IN_EACH_STEP = ("claimed", "fetch begun", *(point for point in STEPS if point.endswith("worked")))
ENTRIES = [
    "model:registered",
    "version:registered",
    "version:found",
    "version:scanned",
    "version:ready",
]
Ask = Callable[[str], Import]


@dataclass
class DisturbedSource(FolderSource):
    """A folder that does what a test wants before it sends a file."""

    before: dict[str, Callable[[Plan, PlannedFile], object]] = field(default_factory=dict)

    @contextmanager
    def open(self, plan: Plan, file: PlannedFile, *, offset: int) -> Iterator[Readable]:
        with super().open(plan, file, offset=offset) as stream:
            if act := self.before.pop(file.path, None):
                act(plan, file)
            yield stream


@pytest.fixture
def source(cast: Cast, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> DisturbedSource:
    folder = DisturbedSource(dict(making.FILES))
    monkeypatch.setitem(KINDS, "huggingface", folder.as_kind())
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    return folder


@pytest.fixture
def ask(cast: Cast, source: DisturbedSource) -> Ask:
    return lambda name: ask_import(
        actor=cast.mina,
        source="huggingface",
        reference={"repo": "acme/tiny"},
        model_name=name,
        team=cast.growth,
    )


def ran(job: Import, acts: Mapping[str, Callable[[], object]] | None = None) -> Import:
    """Return an import after it ran now; at the points that it reached the ``acts`` were done."""

    def watch(reached: str) -> None:
        if act := (acts or {}).get(reached):
            act()

    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk, scanner=scanning.here, watch=watch)
    found: Import = Import.objects.select_related("version").get(pk=job.pk)
    return found


def end_session() -> None:
    """Have the database end the session of this thread, as its restart does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()
    wanted = connection.get_connection_params()
    address = {
        name: wanted[name] for name in {"host", "port", "user", "password", "dbname"} & {*wanted}
    }
    with psycopg.connect(**address) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])


@pytest.mark.django_db(transaction=True)
def test_a_session_that_the_database_ends_in_any_step_is_followed_by_another(ask: Ask) -> None:
    job = ask("tiny")
    since = last()

    for point in STEPS:
        job = ran(job, {point: end_session})
        assert (job.state, job.error_code, job.attempts) == ("waiting", "database_broke_off", 0)

    job = ran(job)
    assert (job.state, job.error) == ("done", "")
    assert [action for action, _, _ in recorded(since)] == ENTRIES


@pytest.mark.django_db(transaction=True)
def test_an_import_is_cancelled_in_any_step_and_nothing_of_it_stays(
    cast: Cast, ask: Ask, data_folder: Path
) -> None:
    for number, point in enumerate(IN_EACH_STEP):
        job = ask(f"cancelled-{number}")

        job = ran(
            job, {point: lambda key=job.pk: cancel(Import.objects.get(pk=key), actor=cast.mina)}
        )

        assert (job.state, job.error) == ("cancelled", "")
        assert job.version is None or job.version.failure_code == "import_cancelled"
        assert making.stored(data_folder / "uploads") == []
        assert making.stored(data_folder / "artifacts") == []
        with pytest.raises(Conflict, match="was cancelled, so it cannot be tried again"):
            retry(job, actor=cast.mina)


def test_what_is_cancelled_while_nobody_runs_it_is_cleared_away_by_the_sweep(
    cast: Cast, ask: Ask, data_folder: Path
) -> None:
    job = ask("tiny")
    run(job.pk, scanner=scanning.here, signer=AbsentSigner())
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("waiting", "signer_failed")
    assert making.stored(data_folder / "artifacts")

    cancel(job, actor=cast.mina)
    Import.objects.update(finished_at=timezone.now() - timedelta(minutes=3))
    sweep_ended()

    assert making.stored(data_folder / "uploads") == making.stored(data_folder / "artifacts") == []


def test_of_two_workers_one_makes_the_version_and_the_other_leaves_nothing(
    ask: Ask, data_folder: Path
) -> None:
    for number, point in enumerate(IN_EACH_STEP):
        job = ask(f"raced-{number}")
        since = last()

        job = ran(job, {point: lambda late=job: ran(late)})

        assert (job.state, job.fence) == ("done", 2)
        assert [action for action, _, _ in recorded(since)] == ENTRIES
        assert making.stored(data_folder / "uploads") == []


def test_a_late_worker_that_still_writes_does_not_spoil_a_download(
    ask: Ask, source: DisturbedSource
) -> None:
    large = making.weights(bytes(range(256)) * (PART_BYTES * 5 // 2 // 256))
    source.files = {"large.safetensors": large}

    def write_ahead(plan: Plan, file: PlannedFile) -> None:
        upload = ModelVersion.objects.get(registered_model__name="tiny").upload
        for offset in (0, PART_BYTES):
            part = io.BytesIO(large[offset : offset + PART_BYTES])
            upload_folder().write_part(
                upload.pk, upload.files.get().pk, part, offset=offset, length=PART_BYTES
            )

    source.before["large.safetensors"] = write_ahead

    job = ran(ask("tiny"))

    assert (job.state, job.error) == ("done", "")


def test_a_download_that_is_written_to_or_removed_by_others_is_waited_for(
    ask: Ask, source: DisturbedSource, data_folder: Path
) -> None:
    source.files = {"large.safetensors": making.weights(bytes(PART_BYTES * 3 // 2))}
    away = Unavailable("hub_unreachable", "Away.")
    source.breaks["large.safetensors"] = (PART_BYTES, away)
    job = ran(ask("tiny"))
    (part,) = (data_folder / "uploads").rglob("*.part")

    with part.open("rb") as late:
        fcntl.flock(late, fcntl.LOCK_EX)
        job = ran(job)
        assert (job.state, job.error_code) == ("waiting", "download_disturbed")

    source.before["large.safetensors"] = lambda *_: shutil.rmtree(data_folder / "uploads")
    job = ran(job)
    assert (job.state, job.error_code) == ("waiting", "download_disturbed")

    job = ran(job)
    assert (job.state, job.error) == ("done", "")
    assert [offset for _, offset in source.asked] == [0, PART_BYTES, PART_BYTES, 0]


def test_what_was_downloaded_and_is_gone_is_downloaded_by_a_retry(
    cast: Cast, ask: Ask, data_folder: Path
) -> None:
    job = ran(ask("tiny"), {"scan recorded": lambda: shutil.rmtree(data_folder / "uploads")})

    assert (job.state, job.error_code) == ("failed", "upload_file_missing")
    assert job.error == (
        "The bytes of config.json are not in the data folder any more. "
        "Have the import tried again: it downloads them anew."
    )
    assert making.stored(data_folder / "artifacts") == []
    assert ran(retry(job, actor=cast.mina)).state == "done"


def test_who_was_deactivated_meanwhile_imports_nothing_more(cast: Cast, ask: Ask) -> None:
    job = ask("tiny")
    cast.mina.is_active = False
    cast.mina.save()

    job = ran(job)

    assert (job.state, job.error_code, job.version) == ("failed", "requester_inactive", None)
    assert job.error.startswith(f"The account of {cast.mina}, who asked for this import,")
