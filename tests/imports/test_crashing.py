"""A worker that is killed at each named point of an import, and the one that takes over."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from imports.asking import retry
from imports.models import Import
from imports.running import POINTS, run
from registry.models import RegisteredModel
from registry.storage.protocol import index_key
from registry.sweeping import sweep
from registry.uploads import upload_folder
from tests.cast import Cast
from tests.recorded import last, recorded
from tests.registry import making

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import os, signal, sys, threading, time
import django
django.setup()
from uuid import UUID
from django.conf import settings
from imports.running import run
from registry.upload_files import PART_BYTES

point, job = sys.argv[1:]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def die_with_a_part():
    parts = lambda: settings.AEGIS_DATA.glob("uploads/*/*.part")
    while not any(part.stat().st_size >= PART_BYTES for part in parts()):
        time.sleep(0.002)
    die()

def watch(reached):
    if point == "in the middle" and reached == "package begun":
        threading.Timer(0.02, die).start()
    if point == "in a download" and reached == "fetch begun":
        threading.Thread(target=die_with_a_part, daemon=True).start()
    if reached == point:
        die()

run(UUID(job), watch=watch)
"""


def killed_at(point: str, job: Import, data_folder: Path, **environment: str) -> bool:
    """Run the import in a process of its own that dies at ``point``; say whether it did."""
    connection.close()
    worker = subprocess.run(
        [sys.executable, "-c", WORKER, point, str(job.pk)],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "aegis.settings.test",
            "AEGIS_DATA": str(data_folder),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert worker.returncode in {0, -signal.SIGKILL}, worker.stderr
    return worker.returncode == -signal.SIGKILL


def take_over(job: Import) -> None:
    """Run the import as the next worker does once the lease of the dead one is over."""
    Import.objects.filter(pk=job.pk).exclude(lease_until=None).update(lease_until=timezone.now())
    run(job.pk)
    job.refresh_from_db()


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_leaves_one_version_one_entry_and_no_orphan(
    cast: Cast, model: RegisteredModel, data_folder: Path, point: str
) -> None:
    since = last()
    job = making.new_import(model, cast.mina)

    assert killed_at(point, job, data_folder)
    take_over(job)

    assert (job.state, job.made.state, model.versions.count()) == ("done", "ready", 1)
    assert job.made.scans.count() == 1
    assert [action for action, _, _ in recorded(since)] == [
        "version:registered",
        "version:scanned",
        "version:ready",
    ]
    sweep()
    assert making.stored(data_folder / "uploads") == []
    assert making.stored(data_folder / "artifacts") == sorted(
        [job.made.artifact.key, index_key(job.made.artifact.key)]
    )


def test_a_worker_that_is_killed_while_it_writes_leaves_no_half_package(
    cast: Cast, model: RegisteredModel, data_folder: Path
) -> None:
    job = making.new_import(model, cast.mina, {"big.bin": os.urandom(48 * 1024 * 1024)})

    assert killed_at("in the middle", job, data_folder)
    assert not list((data_folder / "artifacts").glob("models/**/*.tar.gz"))
    take_over(job)

    assert (job.state, job.made.state) == ("done", "ready")


@pytest.mark.parametrize("point", ["claimed", "check recorded", "package worked"])
def test_a_killed_worker_and_lost_bytes_end_in_a_failure_that_can_be_tried_again(
    cast: Cast, model: RegisteredModel, data_folder: Path, point: str
) -> None:
    job = making.new_import(model, cast.mina)
    assert killed_at(point, job, data_folder)
    upload_folder().discard(job.made.upload.pk)

    take_over(job)

    assert (job.state, job.error_code) == ("failed", "upload_file_missing")
    assert job.made.state == "failed"
    assert retry(job, actor=cast.mina).state == "waiting"
