"""Files that a form brings: taken into an upload by the verbs that take parts of files too."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from aegis.accounts.models import User
from aegis.problems import Invalid, Refusal
from registry.models import Upload
from registry.uploads import discard_upload, get_upload, open_upload, receive_whole

Files = Sequence[tuple[str, UploadedFile]]


def received_upload(key: UUID | None, files: Files, *, actor: User) -> Upload:
    """Return the upload ``key`` of ``actor``, or a new one, with ``files`` in it, by their paths.

    Raises ``Invalid`` where there is neither an upload nor a file.
    """
    if key is not None:
        return _with_files(get_upload(key, actor=actor), files, actor)
    if not files:
        raise Invalid("files_missing", "Choose the files of the version.", field="files")
    upload = open_upload(actor=actor)
    try:
        return _with_files(upload, files, actor)
    except Refusal:
        discard_upload(upload, actor=actor)
        raise


def _with_files(upload: Upload, files: Files, actor: User) -> Upload:
    for path, file in files:
        # With its digest a file that was sent before is known again, and not refused.
        digest = hashlib.sha256()
        for piece in file.chunks():
            digest.update(piece)
        file.seek(0)
        receive_whole(
            upload,
            path,
            actor=actor,
            stream=file,
            size=file.size or 0,
            sha256=digest.hexdigest(),
        )
    return upload
