"""Leaving one file out of an upload again, before a version takes the upload over."""

from aegis.accounts.models import User
from aegis.problems import NotFound
from aegis.text import name_key
from registry.models import Upload
from registry.uploads import locked_upload, upload_folder


def leave_out(upload: Upload, path: str, *, actor: User) -> None:
    """Remove a file of an open upload, with its bytes.

    Raises ``Conflict`` with ``upload_busy`` while a part of it is coming in.
    """
    with locked_upload(upload, actor) as locked:
        file = None if "\0" in path else locked.files.filter(path_key=name_key(path)).first()
        if file is None:
            raise NotFound("upload_file_missing", "Nothing was sent for this path.")
        upload_folder().remove(locked.pk, file.pk)
        file.delete()
