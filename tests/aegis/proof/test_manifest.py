import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aegis.problems import Invalid
from aegis.proof.manifest import FileEntry, Manifest, is_sha256

EMPTY = hashlib.sha256(b"").hexdigest()
ENTRIES = [FileEntry("b.txt", 0, EMPTY), FileEntry("a/x", 3, hashlib.sha256(b"abc").hexdigest())]


def test_the_canonical_form_and_digest_are_fixed() -> None:
    manifest = Manifest.of([FileEntry("a", 0, EMPTY)])
    assert manifest.canonical == (
        b'{"files":[{"path":"a","sha256":"' + EMPTY.encode() + b'","size":0}],"format":1}'
    )
    assert manifest.digest == "af99778202e59d64f28b86ca4a9397ca58902976894b7cf9b03e78e6af788914"
    assert manifest.digest == hashlib.sha256(manifest.canonical).hexdigest()


def test_the_order_of_the_files_does_not_matter() -> None:
    one, other = Manifest.of(ENTRIES), Manifest.of(reversed(ENTRIES))
    assert one == other
    assert one.digest == other.digest
    assert [entry.path for entry in one.files] == ["a/x", "b.txt"]
    assert one.size == 3


@pytest.mark.parametrize(
    "change", [{"path": "c"}, {"size": 4}, {"sha256": EMPTY}], ids=["path", "size", "sha256"]
)
def test_every_field_of_every_file_changes_the_digest(change: dict[str, Any]) -> None:
    changed = [ENTRIES[0], replace(ENTRIES[1], **change)]
    assert Manifest.of(changed).digest != Manifest.of(ENTRIES).digest


def test_an_entry_is_found_by_its_path() -> None:
    manifest = Manifest.of(ENTRIES)
    assert manifest.entry("b.txt") == ENTRIES[0]
    assert manifest.entry("B.txt") is None


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (FileEntry("../x", 0, EMPTY), "path_escapes"),
        (FileEntry("x", -1, EMPTY), "file_size_invalid"),
        (FileEntry("x", 2**60, EMPTY), "file_size_invalid"),
        (FileEntry("x", True, EMPTY), "file_size_invalid"),
        (FileEntry("x", 0, EMPTY.upper()), "file_sha256_invalid"),
        (FileEntry("x", 0, "sha256:" + EMPTY), "file_sha256_invalid"),
        (FileEntry("x", 0, EMPTY + "\n"), "file_sha256_invalid"),
        (FileEntry("B.TXT", 0, EMPTY), "path_duplicate"),
        (FileEntry("b.txt", 0, EMPTY), "path_duplicate"),
    ],
)
def test_a_faulty_entry_is_refused(entry: FileEntry, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Manifest.of([*ENTRIES, entry])
    assert refusal.value.code == code


def test_what_was_written_is_read_again() -> None:
    manifest = Manifest.of(ENTRIES)
    assert Manifest.parse(manifest.canonical) == manifest


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _: [], "manifest_malformed"),
        (lambda value: {**value, "format": 2}, "manifest_malformed"),
        (lambda value: {**value, "extra": 1}, "manifest_malformed"),
        (lambda value: {**value, "files": "x"}, "manifest_malformed"),
        (lambda value: {**value, "files": []}, "no_files"),
        (lambda value: {**value, "files": ["x"]}, "manifest_malformed"),
        (lambda value: {**value, "files": [{"path": "a"}]}, "manifest_malformed"),
        (lambda value: {**value, "files": [{**value["files"][0], "x": 1}]}, "manifest_malformed"),
        (
            lambda value: {**value, "files": [{**value["files"][0], "size": "3"}]},
            "manifest_malformed",
        ),
        (
            lambda value: {**value, "files": [{**value["files"][0], "sha256": None}]},
            "file_sha256_invalid",
        ),
        (lambda value: value, "manifest_not_canonical"),
    ],
)
def test_another_spelling_is_no_manifest(change: Callable[[Any], Any], code: str) -> None:
    value = json.loads(Manifest.of(ENTRIES).canonical)
    with pytest.raises(Invalid) as refusal:
        Manifest.parse(json.dumps(change(value), indent=1).encode())
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "is_one"),
    [(EMPTY, True), (EMPTY.upper(), False), (EMPTY[:-1], False), (EMPTY + "\n", False), (7, False)],
)
def test_a_sha256_is_64_lower_case_hex_digits(text: object, is_one: bool) -> None:
    assert is_sha256(text) is is_one
