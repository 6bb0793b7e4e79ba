"""Uploads: files that one person sends in parts, for a version to come.

They are private until a version takes them over, so the audit log is silent about them. Bytes
are written outside of any transaction; the rows say what was promised and what has arrived.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from aegis.accounts.models import Team, User
from aegis.problems import Conflict, Forbidden, NotFound
from aegis.proof.paths import check_path, check_paths
from aegis.proof.streams import Readable
from registry.models import BroughtSignature, ModelVersion, RegisteredModel, Upload, UploadFile
from registry.permissions import CONTRIBUTE, codename
from registry.upload_files import PART_BYTES, UploadFolder, end_of_part
from registry.upload_promises import LIFETIME, announce


def upload_folder() -> UploadFolder:
    """Return where the bytes of uploads are kept until a version takes them over."""
    return UploadFolder(settings.AEGIS_DATA / "uploads")


@transaction.atomic
def open_upload(*, actor: User) -> Upload:
    """Begin an upload of ``actor``, who must be able to add a version somewhere."""
    actor = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if not _may_upload(actor):
        raise Forbidden(
            "nothing_to_upload_to",
            "You cannot add versions to any registered model.",
            mend="A maintainer can share a model with you, an administrator can add you to a team.",
        )
    opened = Upload.objects.filter(owner=actor, state=Upload.State.OPEN).count()
    if opened >= settings.AEGIS_UPLOADS_OPEN:
        raise Conflict(
            "too_many_uploads",
            f"You have {opened} uploads open, and more than that are not kept.",
            mend="Finish or discard one of them.",
        )
    return Upload.objects.create(owner=actor, expires_at=timezone.now() + LIFETIME)


def get_upload(key: UUID | str, *, actor: User) -> Upload:
    """Return an upload of ``actor``; those of others do not exist for them."""
    try:
        return Upload.objects.get(pk=key, owner=actor)
    except (Upload.DoesNotExist, ValidationError) as error:
        raise _not_found() from error


def receive(
    upload: Upload,
    path: str,
    *,
    actor: User,
    stream: Readable,
    offset: int,
    length: int,
    total: int | None = None,
    sha256: str | None = None,
) -> UploadFile:
    """Take ``length`` bytes (16 MiB at most) of a file, for ``offset``; return its row.

    ``total`` and ``sha256`` are what the sender promises of the whole file. With the last byte
    of a promised total the file is complete, and checked against both. A part that was received
    before is accepted if its bytes are the same. See ``UploadFolder`` for the refusals.
    """
    # A part that cannot be is refused before anything is kept of what it promises.
    end = end_of_part(offset, length, total)
    with locked_upload(upload, actor) as locked:
        file = announce(locked, check_path(path), end=end, total=total, sha256=sha256)
    try:
        received = upload_folder().write_part(
            upload.pk, file.pk, stream, offset=offset, length=length, total=file.size
        )
    except Conflict as refusal:
        if refusal.code != "file_sealed":
            raise
        return _complete_already(file, sha256)
    kept = UploadFile.objects.filter(pk=file.pk)
    if not kept.update(received=Greatest(F("received"), received)):
        raise NotFound("upload_file_missing", f"{file.path} was left out meanwhile.")
    if file.size is not None and received >= file.size:
        return _sealed(file)
    file.refresh_from_db()
    return file


def receive_whole(
    upload: Upload,
    path: str,
    *,
    actor: User,
    stream: Readable,
    size: int,
    sha256: str | None = None,
) -> UploadFile:
    """Take a whole file of ``size`` bytes from ``stream``, in parts."""
    file = None
    for offset in range(0, size, PART_BYTES) if size else (0,):
        file = receive(
            upload,
            path,
            actor=actor,
            stream=stream,
            offset=offset,
            length=min(PART_BYTES, size - offset),
            total=size,
            sha256=sha256,
        )
    assert file is not None
    return file


def complete_file(
    upload: Upload, path: str, *, actor: User, size: int | None = None, sha256: str | None = None
) -> UploadFile:
    """Say that all of a file was sent; its bytes are checked against ``size`` and ``sha256``."""
    with locked_upload(upload, actor) as locked:
        file = announce(locked, check_path(path), end=0, total=size, sha256=sha256, add=False)
    return _sealed(file)


def discard_upload(upload: Upload, *, actor: User) -> None:
    """Give an open upload up and remove its bytes."""
    with locked_upload(upload, actor) as locked:
        _close(locked)
    upload_folder().discard(upload.pk)


def take_upload(upload: Upload, *, actor: User, version: ModelVersion) -> list[UploadFile]:
    """Hand a finished upload over to ``version``, inside the verb that adds it; return its files.

    Raises ``Invalid`` for one without files or with paths that meet, ``Conflict`` for one
    with a file that is not complete or that is closed.
    """
    with locked_upload(upload, actor) as locked:
        files = list(locked.files.all())
        check_paths([file.path for file in files])
        missing = [file.path for file in files if not file.complete]
        if missing:
            raise Conflict(
                "upload_incomplete",
                f"{missing[0]} has not arrived completely"
                + (f", nor have {len(missing) - 1} other files." if missing[1:] else "."),
                mend="Send the rest of it, or discard the upload.",
                details={"paths": missing[:100]},
            )
        locked.state = Upload.State.TAKEN
        locked.version = version
        locked.save(update_fields=["state", "version"])
    return files


def describe(upload: Upload) -> dict[str, Any]:
    """Return an upload as JSON values: its state, and of each file how much has arrived.

    ``signature`` is the one that was brought with it, if one was.
    """
    return {
        "id": str(upload.pk),
        "state": upload.state,
        "created_at": upload.created_at.isoformat(),
        "expires_at": upload.expires_at.isoformat(),
        "part_bytes": PART_BYTES,
        "signature": _signature(upload),
        "files": [
            {
                "path": file.path,
                "size": file.size,
                "sha256": file.sha256 or None,
                "received": file.received,
                "complete": file.complete,
            }
            for file in upload.files.all()
        ],
    }


def _signature(upload: Upload) -> dict[str, str] | None:
    found = BroughtSignature.objects.filter(upload=upload).select_related("key_version__key")
    brought = found.defer("bundle").first()
    if brought is None:
        return None
    return {
        "key_name": brought.key_version.key.name,
        "key_version": brought.key_version.version,
        "key_hint": brought.key_version.hint,
        "manifest_digest": brought.manifest_digest,
    }


def _may_upload(user: User) -> bool:
    return user.is_active and (
        user.is_administrator
        or Team.objects.filter(group__user=user).exists()
        or RegisteredModel.objects.granted_to(user, codename(CONTRIBUTE)).exists()
    )


@contextmanager
def locked_upload(upload: Upload, actor: User) -> Iterator[Upload]:
    """Lock an upload of ``actor`` that takes files, for the length of a transaction."""
    with transaction.atomic():
        locked = Upload.objects.select_for_update().filter(pk=upload.pk, owner=actor).first()
        if locked is None:
            raise _not_found()
        if locked.state != Upload.State.OPEN:
            raise Conflict(
                f"upload_{locked.state}",
                f"This upload was {locked.get_state_display().lower()}.",
                mend="Start a new upload.",
            )
        if locked.expires_at <= timezone.now():
            raise Conflict("upload_expired", "This upload has expired.", mend="Start a new upload.")
        yield locked


def _close(upload: Upload) -> None:
    upload.state = Upload.State.DISCARDED
    upload.save(update_fields=["state"])


def _sealed(file: UploadFile) -> UploadFile:
    if file.complete:
        return file
    folder = upload_folder()
    try:
        found = folder.seal(file.upload_id, file.pk, size=file.size, sha256=file.sha256 or None)
    except Conflict:
        # After a mismatch the bytes are gone, and the row must not claim them.
        UploadFile.objects.filter(pk=file.pk).update(
            received=folder.received(file.upload_id, file.pk)
        )
        raise
    UploadFile.objects.filter(pk=file.pk).update(
        size=found.size, sha256=found.sha256, received=found.size, complete=True
    )
    file.refresh_from_db()
    return file


def _complete_already(file: UploadFile, sha256: str | None) -> UploadFile:
    """Accept a part of a complete file that is sent again, if the whole is promised the same."""
    file = _sealed(file)
    if sha256 == file.sha256:
        return file
    raise Conflict(
        "file_sealed",
        f"{file.path} is complete and takes no more parts.",
        mend="Start a new upload to send another file under this path.",
        details={"size": file.size, "sha256": file.sha256},
    )


def _not_found() -> NotFound:
    return NotFound("upload_not_found", "You have no such upload.")
