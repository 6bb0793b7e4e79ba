"""Folders that a form posts whole, where no script sends them in parts.

Browsers put the path inside the chosen folder into the file's name. Django keeps the last part
of it alone, so the paths are noted while the form is read; ``aegis.proof.paths`` judges them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponse]


class _PathsKept(MultiPartParser):
    """A reader of forms that notes the whole name of each file, in their order."""

    paths: list[str]

    def sanitize_file_name(self, file_name: str) -> str | None:
        """Return the last part of the name, as Django wants it."""
        name = super().sanitize_file_name(file_name)
        if name:
            self.paths.append(file_name.replace("\\", "/"))
        return name


def takes_folders(view: View) -> View:
    """Let ``view`` read the paths of posted files with ``files_with_paths``."""
    guarded = csrf_protect(view)

    # The form must not have been read before, and the check against forgery reads it: so it is
    # done inside, after the reader is in its place.
    @csrf_exempt
    @wraps(view)
    def ready(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.parse_file_upload = lambda meta, body: _parsed(request, meta, body)  # type: ignore[method-assign,assignment]  # For this request alone.
        return guarded(request, *args, **kwargs)

    return ready


def files_with_paths(request: HttpRequest, field: str) -> list[tuple[str, UploadedFile]]:
    """Return the files of ``field`` with their paths, without the name of the folder itself."""
    files = request.FILES.getlist(field)
    paths: list[str] = getattr(request, "_paths", [])
    if len(paths) != len(files):
        paths = [file.name or "" for file in files]
    folders = {path.partition("/")[0] for path in paths}
    inside = len(folders) == 1 and all("/" in path for path in paths)
    shown = [path.partition("/")[2] if inside else path for path in paths]
    return list(zip(shown, files, strict=True))


def _parsed(
    request: Any, meta: Any, body: Any
) -> tuple[QueryDict, MultiValueDict[str, UploadedFile]]:
    parser = _PathsKept(meta, body, request.upload_handlers, request.encoding)
    parser.paths = request._paths = []  # noqa: SLF001 -- Kept with the request it is of.
    return parser.parse()
