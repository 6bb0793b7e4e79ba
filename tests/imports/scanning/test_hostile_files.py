"""No attack passes, under any name, and none runs anything where it is scanned."""

import gzip
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning import hostile
from tests.imports.scanning.hostile import ATTACK, CANARY, DANGEROUS, FILES, PICKLES
from tests.imports.scanning.scanned import codes, scanned


@pytest.fixture(autouse=True)
def _canary() -> Iterator[None]:
    Path(CANARY).unlink(missing_ok=True)
    yield
    assert not Path(CANARY).exists()


def test_the_corpus_is_large_and_really_attacks() -> None:
    assert len(PICKLES) + len(FILES) > 150
    import pickle

    pickle.loads(ATTACK)
    assert Path(CANARY).exists()
    Path(CANARY).unlink()


@pytest.mark.parametrize("path", ["model.pkl", "README.md", "model.safetensors"])
@pytest.mark.parametrize("name", PICKLES)
def test_no_hostile_pickle_passes(name: str, path: str) -> None:
    found = scanned(PICKLES[name], path)
    assert found.verdict.blocks, found
    assert found.findings


@pytest.mark.parametrize("name", FILES)
def test_no_hostile_file_passes(name: str) -> None:
    found = scanned(FILES[name], "model.bin")
    assert found.verdict.blocks, found
    assert found.findings


@pytest.mark.parametrize(("module", "name"), DANGEROUS)
def test_a_dangerous_global_can_never_be_waived(module: str, name: str) -> None:
    found = scanned(PICKLES[f"{module}.{name}"])
    assert found.verdict is Verdict.UNSAFE
    assert any(finding.is_dangerous for finding in found.findings)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("names through the memo", "dangerous_global"),
        ("a memo that is overwritten", "dangerous_global"),
        ("escaped text", "dangerous_global"),
        ("an escaped string", "dangerous_global"),
        ("a name that is computed", "computed_global"),
        ("an alias", "dangerous_global"),
        ("INST", "dangerous_global"),
        ("OBJ", "dangerous_global"),
        ("Python 2's names", "dangerous_global"),
        ("Python 2's modules", "dangerous_global"),
        ("EXT1", "extension_registry"),
        ("PERSID", "persistent_id"),
        ("no STOP", "dangerous_global"),
        ("bytes behind the end", "trailing_data"),
        ("out of band", "pickle_out_of_band"),
        ("a class of one's own", "unknown_global"),
        ("a class is changed", "changes_a_global"),
        ("another class", "reserved_attribute"),
        ("a model from another file", "known_global_called"),
        ("another base", "irregular_call"),
        ("a constructor of one's own", "irregular_call"),
        ("pointers as numbers", "forged_dtype"),
        ("an instance that is called", "computed_call"),
        ("a memo of billions", "pickle_memo"),
        ("marks in marks", "pickle_nesting"),
        ("a frame in a frame", "pickle_frames"),
        ("an opcode over a frame's end", "pickle_frames"),
        ("a line without an end", "pickle_truncated"),
        ("pointers from a buffer", "known_global_called"),
        ("fields that share bytes", "forged_dtype"),
        ("an interface in a dict of another kind", "reserved_attribute"),
        ("an interface in the arguments of a dict", "computed_attribute"),
        ("an interface of a computed name", "computed_attribute"),
        ("joblib: a call in an array", "code_in_array"),
        ("joblib: a call in the padding", "code_in_array"),
        ("joblib: an array in a frame", "joblib_irregular"),
        ("joblib: a negative size", "joblib_irregular"),
    ],
)
def test_the_reason_is_named(name: str, code: str) -> None:
    assert code in codes(scanned(PICKLES[name]))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("zip: members that share bytes", "zip_malformed"),
        ("zip: a path upwards", "member_escapes"),
        ("zip: two names in one", "member_twice"),
        ("zip: a link", "member_link"),
        ("zip: encrypted", "member_encrypted"),
        ("tar: a device", "member_link"),
        ("tar: something behind it", "tar_malformed"),
        ("a bomb", "expands_too_far"),
        ("a bomb in a bomb", "expands_too_far"),
        ("a bomb in a zip", "expands_too_far"),
        ("zips in zips", "nested_too_deep"),
        ("a gzip that is cut", "compressed_broken"),
        ("npz", "dangerous_global"),
        ("a second gzip stream", "unknown_format"),
    ],
)
def test_the_reason_is_named_in_archives(name: str, code: str) -> None:
    assert code in codes(scanned(FILES[name], "model.bin"))


def test_the_place_of_a_finding_leads_to_the_member() -> None:
    inner = hostile.zip_of({"weights/b.pkl": ATTACK})
    data = gzip.compress(hostile.tar_of({"a.zip": inner}))
    found = scanned(data, "model.tar.gz")
    places = {finding.place for finding in found.findings if finding.is_dangerous}
    assert places == {"model.tar!a.zip!weights/b.pkl"}


def test_what_was_found_before_a_bomb_is_kept() -> None:
    members = {"a.pkl": ATTACK, "b.bin": bytes(200_000_000)}
    found = scanned(hostile.zip_of(members, compression=zipfile.ZIP_DEFLATED), "model.zip")
    assert {"dangerous_global", "expands_too_far"} <= codes(found)
    assert found.verdict is Verdict.UNSAFE


def test_a_wrong_extension_is_said_and_does_not_help() -> None:
    found = scanned(ATTACK, "weights.safetensors")
    assert {"extension_mismatch", "dangerous_global"} <= codes(found)


def test_ordinary_archives_pass() -> None:
    data = hostile.zip_of({"a/": b"", "a/b.txt": b"hello", "c.md": b"# hello"})
    assert scanned(data, "docs.zip").verdict is Verdict.DATA
    tar = hostile.tar_of({"a/b.txt": b"hello", "x" * 200: b"long"})
    assert scanned(tar, "docs.tar").verdict is Verdict.DATA
    folder = hostile.tar_of({"folder": b""}, kind=tarfile.DIRTYPE)
    assert scanned(folder, "docs.tar").verdict is Verdict.DATA


def test_texts_that_begin_like_opcodes_are_texts() -> None:
    for text in (b"N.B. this", b"class Foo\nbar\nfish", b"(if x\ny\nR", b"x^2 + y", b"BZh? no"):
        assert scanned(text, "notes.txt").format == "text", text
