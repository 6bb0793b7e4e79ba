"""Downloading what was looked up: part by part into the upload of the version, resumable.

What has arrived of a file is always a prefix of it, so a worker that takes over asks the source
for the rest; at most one part is fetched twice.
"""

import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest

from aegis.problems import Conflict, Invalid, Unavailable
from aegis.proof.streams import Readable, chunks
from imports.claims import Progress
from imports.sources.protocol import Plan, PlannedFile, Source
from registry.models import Upload, UploadFile
from registry.upload_files import PART_BYTES
from registry.uploads import upload_folder

SPARE_BYTES: Final = 256 * 1024**2
"""So much room stays free on the disk that files are fetched to."""
_DISTURBED: Final = frozenset({"upload_busy", "file_sealed", "part_gap"})
"""What a part is refused with where another worker still writes, or what was here is gone."""
_TELL: Final = "Try again; if it happens once more, tell those who publish it."


def fetch(source: Source, plan: Plan, upload: Upload, progress: Progress) -> None:
    """Bring every file of ``plan`` into ``upload``, and hold each against what the source says.

    ``Unavailable`` where source or disk have to be waited for, ``Conflict`` with
    ``upstream_digest_mismatch`` or ``upstream_size_mismatch`` for bytes that are not the announced
    ones, ``Invalid`` for more than is taken.
    """
    planned = {file.path: file for file in plan.files}
    _forget_what_is_gone(upload, planned)
    rows = list(upload.files.all())
    here = {row.pk: upload_folder().received(upload.pk, row.pk) for row in rows}
    _refuse_without_room(rows, sum(here.values()))
    progress.reach(sum(here.values()))
    for row in rows:
        if not row.complete:
            _fetch_file(source, plan, planned[row.path], row, progress)


def _forget_what_is_gone(upload: Upload, planned: Mapping[str, PlannedFile]) -> None:
    """Put the rows of files that were cleared away after a failure back to what was planned."""
    for row in upload.files.all():
        received = upload_folder().received(upload.pk, row.pk)
        if received < row.received:
            file = planned[row.path]
            UploadFile.objects.filter(pk=row.pk).update(
                received=received, complete=False, size=file.size, sha256=file.sha256
            )


def _fetch_file(
    source: Source, plan: Plan, file: PlannedFile, row: UploadFile, progress: Progress
) -> None:
    offset = upload_folder().received(row.upload_id, row.pk)
    if row.size is None or offset < row.size:
        with source.open(plan, file, offset=offset) as stream:
            for part in _parts(stream, progress):
                _refuse_too_long(file, row, offset + len(part))
                _write(row, file, part, offset)
                # Not what is here by now: a worker that lost this import may still write to it.
                offset += len(part)
    if offset == 0:
        _write(row, file, b"", 0)
    _seal(row, file)


def _write(row: UploadFile, file: PlannedFile, part: bytes, offset: int) -> None:
    with _of_upstream(file):
        received = upload_folder().write_part(
            row.upload_id,
            row.pk,
            io.BytesIO(part),
            offset=offset,
            length=len(part),
            total=row.size,
        )
    UploadFile.objects.filter(pk=row.pk).update(received=Greatest(F("received"), received))


def _seal(row: UploadFile, file: PlannedFile) -> None:
    with _of_upstream(file):
        found = upload_folder().seal(
            row.upload_id, row.pk, size=row.size, sha256=row.sha256 or None
        )
    UploadFile.objects.filter(pk=row.pk).update(
        size=found.size, sha256=found.sha256, received=found.size, complete=True
    )


@contextmanager
def _of_upstream(file: PlannedFile) -> Iterator[None]:
    """Say what a refusal of the folder means for what is being downloaded."""
    try:
        yield
    except Conflict as refusal:
        raise _as_upstream(refusal, file) from refusal


def _as_upstream(refusal: Conflict, file: PlannedFile) -> Conflict | Unavailable:
    if refusal.code == "file_incomplete":
        return Unavailable(
            "source_broke_off",
            f"The source ended {file.path} before its last byte: {refusal.sentence}",
        )
    if refusal.code in _DISTURBED:
        return Unavailable(
            "download_disturbed",
            f"What has arrived of {file.path} was written to or removed by somebody else.",
            mend="The import goes on by itself, from what is there then.",
        )
    if refusal.code not in {"size_mismatch", "digest_mismatch"}:
        return refusal
    return Conflict(
        f"upstream_{refusal.code}",
        f"{file.path} arrived with other bytes than the source announced.",
        mend=_TELL,
        details={"path": file.path, **refusal.details},
    )


def _parts(stream: Readable, progress: Progress) -> Iterator[bytes]:
    """Yield the rest of a stream in parts as large as an upload takes."""
    gathered = bytearray()
    for data in chunks(stream):
        progress.add(len(data))
        gathered += data
        while len(gathered) >= PART_BYTES:
            yield bytes(gathered[:PART_BYTES])
            del gathered[:PART_BYTES]
    if gathered:
        yield bytes(gathered)


def _refuse_too_long(file: PlannedFile, row: UploadFile, end: int) -> None:
    if row.size is not None and end > row.size:
        raise Conflict(
            "upstream_size_mismatch",
            f"{file.path} has more bytes than the source announced.",
            mend=_TELL,
            details={"path": file.path, "announced": row.size},
        )
    if end > settings.AEGIS_UPLOAD_FILE_BYTES:
        raise Invalid(
            "file_too_large",
            f"{file.path} has more than {settings.AEGIS_UPLOAD_FILE_BYTES:,} bytes, which is the "
            "most that goes into one file.",
        )


def _refuse_without_room(rows: list[UploadFile], here: int) -> None:
    wanted = sum(row.size or 0 for row in rows) - here
    settings.AEGIS_DATA.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.AEGIS_DATA).free
    if wanted > max(0, free - SPARE_BYTES):
        raise Unavailable(
            "no_room",
            f"The disk of the data folder has {free:,} bytes free; {wanted:,} are to be "
            "downloaded.",
            mend="An operator makes room; the import goes on by itself.",
        )
