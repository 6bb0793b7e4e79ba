"""The rules for the path of a file in an artifact.

A path is a relative POSIX path that means the same file on every system where an
artifact is unpacked, and no two paths of an artifact can meet there.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from aegis.problems import Invalid
from aegis.text import name_key, refused_character

PATH_BYTES: Final = 1024
SEGMENT_BYTES: Final = 255
DEPTH: Final = 32
FILES: Final = 10_000
# The client keeps the signature of a downloaded version in this folder.
RESERVED_FOLDER: Final = ".aegis"

_ROOT: Final = re.compile(r"/|[A-Za-z]:")

_Rule = tuple[Callable[[str], object], str, str]

_OF_PATHS: Final[tuple[_Rule, ...]] = (
    (
        lambda path: "\\" in path,
        "path_backslash",
        "The path {path} holds a backslash; folders are divided by /.",
    ),
    (_ROOT.match, "path_absolute", "The path {path} is absolute; it must be relative."),
    (
        # Folding can make a name longer, and the key has to fit into its column as well.
        lambda path: max(len(path.encode()), len(name_key(path))) > PATH_BYTES,
        "path_too_long",
        f"A path has at most {PATH_BYTES:,} bytes.",
    ),
    (
        lambda path: path.count("/") >= DEPTH,
        "path_too_deep",
        f"A path has at most {DEPTH} segments.",
    ),
    (
        lambda path: unicodedata.normalize("NFC", path) != path,
        "path_unicode_form",
        "The path {path} is not in Unicode's composed form (NFC).",
    ),
    (
        lambda path: name_key(path).split("/", 1)[0] == RESERVED_FOLDER,
        "path_reserved",
        f"The folder {RESERVED_FOLDER} belongs to the client of Aegis.",
    ),
)
_OF_SEGMENTS: Final[tuple[_Rule, ...]] = (
    (
        lambda segment: segment in {"", "."},
        "path_not_normal",
        "A path has no empty segment and no segment that is a dot.",
    ),
    (lambda segment: segment == "..", "path_escapes", "A path must not hold '..'."),
    (
        lambda segment: segment != segment.strip() or segment.endswith("."),
        "path_not_portable",
        "A name in a path must not begin or end with white space, nor end with a dot.",
    ),
    (
        lambda segment: len(segment.encode()) > SEGMENT_BYTES,
        "path_too_long",
        f"A name in a path has at most {SEGMENT_BYTES} bytes.",
    ),
)


def order(path: str) -> tuple[str, ...]:
    """Return the key by which an artifact's paths are sorted: segment by segment.

    This is the order of the OpenSSF Model Signing library, so that its digest of a folder and
    the one in our bundles agree.
    """
    return tuple(path.split("/"))


def check_path(path: object) -> str:
    """Return ``path`` unchanged if it may stand in an artifact, else raise ``Invalid``."""
    if not isinstance(path, str) or not path:
        raise _refusal("path_empty", "A file needs a path.", "")
    if fault := _fault(path):
        raise _refusal(*fault, path)
    return path


def check_paths(paths: Iterable[object]) -> tuple[str, ...]:
    """Return the checked paths of one artifact, sorted, or raise ``Invalid``.

    Refused are no files, too many, and paths that are equal, differ only by case or Unicode
    form, or of which one is a file where the other needs a folder.
    """
    checked = [check_path(path) for path in paths]
    if not checked:
        raise Invalid("no_files", "An artifact needs at least one file.", field="files")
    if len(checked) > FILES:
        raise Invalid(
            "too_many_files",
            f"There are {len(checked):,} files; an artifact holds at most {FILES:,}.",
            field="files",
        )
    _refuse_meeting(checked)
    return tuple(sorted(checked, key=order))


def _refuse_meeting(paths: list[str]) -> None:
    files: dict[str, str] = {}
    for path in paths:
        key = name_key(path)
        if key in files:
            raise _duplicate(path, files[key])
        files[key] = path
    folders: dict[str, str] = {}
    for path in paths:
        for folder in _folders(path):
            key = name_key(folder)
            if key in files:
                sentence = f"{files[key]} is a file, so {path} cannot lie below it."
                raise _refusal("path_conflict", sentence, path)
            if folders.setdefault(key, folder) != folder:
                raise _duplicate(folder, folders[key])


def _folders(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in."""
    for slash in re.finditer("/", path):
        yield path[: slash.start()]


def _duplicate(path: str, other: str) -> Invalid:
    if path == other:
        return _refusal("path_duplicate", f"The path {path} is given twice.", path)
    sentence = f"The paths {other} and {path} differ only by case or Unicode form."
    return _refusal("path_duplicate", sentence, path)


def _fault(path: str) -> tuple[str, str] | None:
    """Return code and sentence of the first rule that a path breaks."""
    if character := refused_character(path):
        return "path_control_character", f"A path must not hold the character {character}."
    for is_broken, code, sentence in _OF_PATHS:
        if is_broken(path):
            return code, sentence.format(path=path)
    for segment in path.split("/"):
        for is_broken, code, sentence in _OF_SEGMENTS:
            if is_broken(segment):
                return code, sentence
    return None


def _refusal(code: str, sentence: str, path: str) -> Invalid:
    shown = path.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return Invalid(code, sentence, field="path", details={"path": shown} if path else None)
