"""Unpacking into a folder where somebody may have laid traps."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aegis.problems import Conflict
from aegis.proof.packages import LAYOUT, tar_1, unpack
from tests.aegis.proof.packages.making import (
    CONTENTS,
    SMALL,
    Contents,
    manifest_of,
    packed,
    packed_as_tar_1,
)

NESTED: Contents = {"a/b/c.bin": b"deep", "top": b"flat"}


def found(folder: Path) -> Contents:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def out_of(contents: Contents, folder: Path, data: bytes | None = None) -> None:
    package = packed(contents)[0] if data is None else data
    unpack(io.BytesIO(package), manifest_of(contents), folder, layout=LAYOUT)


def test_the_files_are_there_and_nothing_else(tmp_path: Path) -> None:
    out_of(CONTENTS, tmp_path)
    assert found(tmp_path) == CONTENTS


def test_a_package_of_the_first_layout_is_unpacked(tmp_path: Path) -> None:
    package = io.BytesIO(packed_as_tar_1(CONTENTS))
    unpack(package, manifest_of(CONTENTS), tmp_path, layout=tar_1.LAYOUT)
    assert found(tmp_path) == CONTENTS


def test_what_is_there_already_is_kept_if_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    before = (tmp_path / "a").stat().st_ino
    out_of(SMALL, tmp_path)
    assert found(tmp_path) == SMALL
    assert (tmp_path / "a").stat().st_ino == before


def _link_below(folder: Path, away: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a/b").symlink_to(away)


TRAPS: dict[str, Callable[[Path, Path], object]] = {
    "another file": lambda folder, _: (folder / "top").write_bytes(b"mine"),
    "another file of that size": lambda folder, _: (folder / "top").write_bytes(b"mine"),
    "a link to a file": lambda folder, away: (folder / "top").symlink_to(away / "file"),
    "a link to nothing": lambda folder, away: (folder / "top").symlink_to(away / "new"),
    "a folder": lambda folder, _: (folder / "top").mkdir(),
    "a pipe": lambda folder, _: os.mkfifo(folder / "top"),
    "a link to a folder": lambda folder, away: (folder / "a").symlink_to(away),
    "a link below": _link_below,
    "a file for a folder": lambda folder, _: (folder / "a").write_bytes(b""),
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_nothing_is_overwritten_and_no_link_followed(
    tmp_path: Path, trap: Callable[[Path, Path], object]
) -> None:
    folder, away = tmp_path / "folder", tmp_path / "away"
    folder.mkdir()
    away.mkdir()
    (away / "file").write_bytes(b"flat")
    trap(folder, away)

    with pytest.raises(Conflict) as refusal:
        out_of(NESTED, folder)

    assert refusal.value.code == "unpack_in_the_way"
    assert found(away) == {"file": b"flat"}
    assert not list(folder.rglob("*.part"))


def test_bytes_that_are_not_the_manifests_get_no_name(tmp_path: Path) -> None:
    data = packed({**SMALL, "b": b"owt"})[0]
    with pytest.raises(Conflict) as refusal:
        out_of(SMALL, tmp_path, data)
    assert refusal.value.code == "file_digest_mismatch"
    assert found(tmp_path) == {"a": b"one"}
