"""The Celery application of an importer that stands still at the points that a test names.

A file named for an import's model holds the point; it is renamed when the point is reached, so that
whoever takes over goes on. There the test kills the process.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from celery.signals import celeryd_after_setup

from aegis.celery import app

__all__ = ["app"]

FOLDER = "AEGIS_TEST_POINTS"
NOTED = "noted"


def stand_still(model: str, point: str) -> None:
    """Stand still for good if a test waits for ``model`` at ``point``."""
    wanted = Path(os.environ[FOLDER]) / model
    if wanted.exists() and wanted.read_text() == point:
        wanted.rename(wanted.with_suffix(".reached"))
        time.sleep(3600)


@celeryd_after_setup.connect
def _watch_imports(**_: object) -> None:
    from imports import running, tasks
    from imports.models import Import
    from imports.sources.huggingface.source import HuggingFaceSource

    def run(job: UUID) -> None:
        model = Import.objects.get(pk=job).model_name
        running.run(job, watch=lambda point: stand_still(model, point))

    def annotate(_: HuggingFaceSource, __: object, tags: Mapping[str, str]) -> None:
        stand_still(tags["aegis.registry.model"], "annotate")
        with (Path(os.environ[FOLDER]) / NOTED).open("a") as noted:
            noted.write(f"{tags['aegis.registry.model']}\n")

    tasks.run = run
    HuggingFaceSource.annotate = annotate  # type: ignore[method-assign]  # The hub takes no notes.
