"""What a sender announces of a file before its bytes: checked against limits and earlier words."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.manifest import is_sha256
from aegis.sensitive.secrets import refuse_secrets
from aegis.text import name_key
from registry.models import Upload, UploadFile

LIFETIME: Final = timedelta(days=7)
"""How long an upload is kept after the last part that came in, within a day."""
_RENEWED_EVERY: Final = timedelta(days=1)


def announce(
    upload: Upload,
    path: str,
    *,
    end: int,
    total: int | None = None,
    sha256: str | None = None,
    add: bool = True,
) -> UploadFile:
    """Return the row of a file of a locked upload, with what was promised of it.

    A part of it up to byte ``end`` is about to come. Without ``add`` the file must be known.
    A promise may be changed while no byte of the file is here.
    """
    _check_promise(total, sha256)
    refuse_secrets(path, field="path")
    file = _row(upload, path, add=add)
    if file.received == 0 and not file.complete:
        file.size = file.size if total is None else total
        file.sha256 = sha256 or file.sha256
    _refuse_another_promise(file, total, sha256)
    file.size = file.size if total is None else total
    file.sha256 = file.sha256 or sha256 or ""
    _refuse_too_much(upload, file, end)
    file.save()
    _renew(upload)
    return file


def _check_promise(total: int | None, sha256: str | None) -> None:
    if total is not None and (isinstance(total, bool) or total < 0):
        raise Invalid("file_size_invalid", "The size of a file is zero or more.", field="size")
    if sha256 is not None and not is_sha256(sha256):
        raise Invalid(
            "file_sha256_invalid",
            "A file's sha256 is 64 lower-case hex digits.",
            field="sha256",
        )


def _row(upload: Upload, path: str, *, add: bool) -> UploadFile:
    key = name_key(path)
    file = UploadFile.objects.filter(upload=upload, path_key=key).first()
    if file is not None and file.path != path:
        raise Invalid(
            "path_duplicate",
            f"The paths {file.path} and {path} differ only by case or Unicode form.",
            field="path",
        )
    if file is not None:
        return file
    if not add:
        code = "upload_file_missing"
        raise NotFound(code, f"Nothing was sent for {path} in this upload.")
    if upload.files.count() >= settings.AEGIS_UPLOAD_FILES:
        raise Invalid(
            "too_many_files",
            f"An upload holds at most {settings.AEGIS_UPLOAD_FILES:,} files.",
            field="path",
        )
    return UploadFile(upload=upload, path=path, path_key=key)


def _refuse_another_promise(file: UploadFile, total: int | None, sha256: str | None) -> None:
    again = "Discard the upload and start a new one."
    if total is not None and file.size is not None and total != file.size:
        raise Conflict(
            "size_mismatch",
            f"{file.path} was announced with {file.size:,} bytes, not {total:,}.",
            mend=again,
        )
    if sha256 is not None and file.sha256 and sha256 != file.sha256:
        raise Conflict(
            "digest_mismatch",
            f"{file.path} was announced with the sha256 {file.sha256}, not {sha256}.",
            mend=again,
        )


def _refuse_too_much(upload: Upload, file: UploadFile, end: int) -> None:
    wanted = max(end, file.size or 0)
    if wanted > settings.AEGIS_UPLOAD_FILE_BYTES:
        raise Invalid(
            "file_too_large",
            f"{file.path} has {wanted:,} bytes; at most {settings.AEGIS_UPLOAD_FILE_BYTES:,} go "
            "into one file.",
            field="size",
        )
    of_the_others = upload.files.exclude(path_key=file.path_key).aggregate(
        bytes=Sum(Greatest(Coalesce(F("size"), 0), F("received")))
    )
    if wanted + (of_the_others["bytes"] or 0) > settings.AEGIS_UPLOAD_BYTES:
        raise Invalid(
            "upload_too_large",
            f"With {file.path} the upload has more than {settings.AEGIS_UPLOAD_BYTES:,} bytes.",
            field="size",
        )


def _renew(upload: Upload) -> None:
    expires_at = timezone.now() + LIFETIME
    if expires_at - upload.expires_at > _RENEWED_EVERY:
        upload.expires_at = expires_at
        upload.save(update_fields=["expires_at"])
