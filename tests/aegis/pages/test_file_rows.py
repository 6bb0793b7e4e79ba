"""Files of a version by their folders."""

from uuid import uuid4

from aegis.pages.file_rows import folders_of
from aegis.proof.manifest import FileEntry


def entry(path: str) -> FileEntry:
    return FileEntry(path, 10, "0" * 64)


def test_folders_come_in_order_and_loose_files_last() -> None:
    files = [entry("README.md"), entry("b/two.bin"), entry("a/x/deep.bin"), entry("a/one.bin")]
    folders = folders_of(files, "/files/", {})
    assert [folder.path for folder in folders] == ["a", "a/x", "b", ""]
    assert [file.name for file in folders[1].files] == ["deep.bin"]


def test_a_path_is_written_for_an_address() -> None:
    (folder,) = folders_of([entry("data/50% off?.csv")], "/files/", {})
    assert folder.files[0].url == "/files/data/50%25%20off%3F.csv"


def test_no_files_are_no_folders() -> None:
    assert folders_of([], "/files/", {}) == ()


def test_a_redacted_file_says_by_which_redaction() -> None:
    gone = uuid4()
    (folder,) = folders_of([entry("a"), entry("b")], "/files/", {"b": gone})
    assert [file.redaction for file in folder.files] == [None, gone]
