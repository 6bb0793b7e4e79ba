"""Files that a form brings: taken into an upload by the verbs that take parts of files too."""

from collections.abc import Sequence
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from aegis.accounts.models import User
from aegis.problems import Invalid
from registry.models import Upload
from registry.uploads import get_upload, open_upload, receive_whole


def received_upload(key: UUID | None, files: Sequence[UploadedFile], *, actor: User) -> Upload:
    """Return the upload ``key`` of ``actor``, or a new one, with ``files`` in it.

    Raises ``Invalid`` where there is neither an upload nor a file.
    """
    if key is None and not files:
        raise Invalid("files_missing", "Choose the files of the version.", field="files")
    upload = get_upload(key, actor=actor) if key else open_upload(actor=actor)
    for file in files:
        receive_whole(upload, file.name or "", actor=actor, stream=file, size=file.size or 0)
    return upload
