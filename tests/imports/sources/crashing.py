"""The frame of the tests that kill a worker while it imports from a source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.utils import timezone

from imports.models import Import
from registry.models import ModelVersion, RegisteredModel
from registry.sweeping import sweep
from registry.upload_files import PART_BYTES
from registry.uploads import upload_folder
from tests.imports.test_crashing import killed_at, take_over
from tests.recorded import last, recorded
from tests.registry import making


@dataclass(frozen=True, slots=True)
class Doomed:
    """An import whose workers are killed; their ``environment`` says where its source is."""

    job: Import
    data_folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def kill(self, point: str) -> None:
        """Let a worker run the import up to ``point`` and die there."""
        assert killed_at(point, self.job, self.data_folder, **self.environment)

    def require_one_version(self, *points: str) -> None:
        """Kill one worker after the other; whoever follows makes one version, with one story."""
        since = last()
        for point in points:
            self.kill(point)
            # The next one need not wait, and does not count how many died.
            Import.objects.update(lease_until=timezone.now(), attempts=0)

        take_over(self.job)

        assert (self.job.state, self.job.error) == ("done", "")
        assert self.job.made.is_ready
        assert (RegisteredModel.objects.count(), ModelVersion.objects.count()) == (1, 1)
        assert [action for action, _, _ in recorded(since)] == [
            "model:registered",
            "version:registered",
            "version:found",
            "version:scanned",
            "version:ready",
        ]
        sweep()
        assert making.stored(self.data_folder / "uploads") == []

    def arrived_before_the_end(self, path: str) -> int:
        """Kill a worker in the middle of a file; return how many bytes of it are here."""
        self.kill("in a download")
        upload = Import.objects.get(pk=self.job.pk).made.upload
        here = upload_folder().received(upload.pk, upload.files.get(path=path).pk)
        assert here >= PART_BYTES
        return here
