"""One file, or a range of it, out of a package: by an index that fits, and by one that does not."""

import io
from pathlib import Path

import pytest

from aegis.problems import Conflict
from aegis.proof.packages import Index, read_member, rebuild, tar_1
from aegis.proof.packages.index import IndexedFile
from aegis.proof.packages.members import CHUNK_SIZE, largest_member, member_of
from tests.aegis.proof.packages.making import (
    CONTENTS,
    NOISE,
    SMALL,
    Store,
    index_like,
    manifest_of,
    packed,
    packed_as_tar_1,
)

MANIFEST = manifest_of(CONTENTS)
DATA, PACKAGE = packed(CONTENTS)
INDEX = PACKAGE.index
WEIGHTS = "weights/model.bin"


def read(
    store: Store,
    path: str,
    index: Index | None = INDEX,
    *,
    offset: int = 0,
    length: int | None = None,
) -> bytes:
    chunks = read_member(store, MANIFEST, path, index=index, offset=offset, length=length)
    return b"".join(chunks)


@pytest.mark.parametrize("path", CONTENTS)
def test_each_file_is_read_with_one_ranged_read_at_most(path: str) -> None:
    store = Store(DATA)

    assert read(store, path) == CONTENTS[path]

    assert len(store.opened) == (1 if CONTENTS[path] else 0)
    assert all(length is not None for _, length in store.opened)


@pytest.mark.parametrize(
    ("offset", "length"),
    [
        (0, 1),
        (len(NOISE) - 1, 1),
        (CHUNK_SIZE - 5, 10),
        (CHUNK_SIZE, CHUNK_SIZE),
        (100, 4_000_000),
        (7, 0),
        (1, len(NOISE) - 1),
    ],
)
def test_a_range_costs_the_members_it_lies_in(offset: int, length: int) -> None:
    store = Store(DATA)

    assert read(store, WEIGHTS, offset=offset, length=length) == NOISE[offset : offset + length]

    touched = length // CHUNK_SIZE + 2
    assert sum(size or 0 for _, size in store.opened) <= touched * largest_member()


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (len(NOISE), 1), (1, len(NOISE))])
def test_nothing_outside_of_the_file_is_read(offset: int, length: int) -> None:
    store = Store(DATA)
    with pytest.raises(ValueError, match="within the file"):
        read(store, WEIGHTS, offset=offset, length=length)
    assert store.opened == []


def test_a_file_that_is_not_in_the_manifest_is_not_looked_for() -> None:
    with pytest.raises(KeyError):
        read(Store(DATA), "../x")


def test_without_an_index_the_package_is_read_through() -> None:
    assert read(Store(DATA), WEIGHTS, None, offset=5, length=9) == NOISE[5:14]
    store = Store(packed_as_tar_1(CONTENTS))
    chunks = read_member(
        store, MANIFEST, WEIGHTS, index=None, offset=5, length=9, layout=tar_1.LAYOUT
    )
    assert b"".join(chunks) == NOISE[5:14]


def shifted(index: Index, by: int) -> tuple[IndexedFile, ...]:
    return tuple(IndexedFile(f.path, f.offset + by, f.size) for f in index.files)


FORGED = {
    "members moved on by one": index_like(INDEX, members=(0, *INDEX.members[2:], INDEX.size)),
    "members at other bytes": index_like(INDEX, members=tuple(m + 1 for m in INDEX.members)),
    "too few members": index_like(INDEX, members=INDEX.members[:2]),
    "no members": index_like(INDEX, members=()),
    "members that run backwards": index_like(INDEX, members=tuple(reversed(INDEX.members))),
    "a member of gigabytes": index_like(INDEX, members=(0, *[10**12] * len(INDEX.members))),
    "files at other places": index_like(INDEX, files=shifted(INDEX, 512)),
    "no files": index_like(INDEX, files=()),
    "the index of another package": packed(SMALL)[1].index,
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("part", [{}, {"offset": CHUNK_SIZE, "length": 3_000_000}])
def test_a_forged_index_never_gives_other_bytes(forged: Index, part: dict[str, int]) -> None:
    offset, length = part.get("offset", 0), part.get("length", len(NOISE))
    store = Store(DATA)

    assert read(store, WEIGHTS, forged, **part) == NOISE[offset : offset + length]

    assert store.opened[-1] == (0, None)


def test_a_package_that_gives_two_answers_gives_none_in_the_end() -> None:
    # Behind the package stand other bytes under the right numbers, of which only the forged index
    # knows, and after these something that does not fit.
    first = INDEX.place(WEIGHTS).offset // CHUNK_SIZE
    data, members = DATA, list(INDEX.members)
    for place, number in ((first, first), (first + 1, first + 1), (first + 2, 99)):
        members[place] = len(data)
        data += b"".join(map(bytes, member_of(number, memoryview(bytes(CHUNK_SIZE)))[0]))
        members[place + 1] = len(data)
    for place in range(first + 4, len(members)):
        members[place] = members[place - 1] + 10
    given: list[bytes] = []
    store, forged = Store(data), index_like(INDEX, members=tuple(members))

    with pytest.raises(Conflict) as refusal:
        given.extend(read_member(store, MANIFEST, WEIGHTS, index=forged))

    assert refusal.value.code == "package_index_damaged"
    assert given


@pytest.mark.parametrize("length", [None, len(NOISE) - 1])
def test_changed_bytes_end_in_an_error_before_the_last_of_them(length: int | None) -> None:
    place = INDEX.place(WEIGHTS).members[-1] - 5000
    data = DATA[:place] + bytes([DATA[place] ^ 1]) + DATA[place + 1 :]
    given: list[bytes] = []

    with pytest.raises(Conflict) as refusal:
        given.extend(read_member(Store(data), MANIFEST, WEIGHTS, index=INDEX, length=length))

    assert refusal.value.code == "package_damaged"
    assert NOISE.startswith(b"".join(given))
    assert len(b"".join(given)) < len(NOISE)


def test_a_file_with_another_digest_is_refused_though_its_member_is_whole() -> None:
    swapped, package = packed({**CONTENTS, WEIGHTS: NOISE[:-1] + b"!"})
    store = Store(swapped)
    with pytest.raises(Conflict) as refusal:
        read(store, WEIGHTS, package.index)
    assert refusal.value.code == "file_digest_mismatch"


def test_the_index_follows_from_the_package() -> None:
    assert rebuild(io.BytesIO(DATA)) == INDEX
    assert Index.parse(INDEX.canonical) == INDEX


def test_the_index_follows_from_the_package_of_a_large_file(tmp_path: Path) -> None:
    # From 8 GiB on, the size of a file needs a pax record; that many bytes a test need not write.
    long = {"p/" * 20 + "\u00e9" * 100: b"x", "plain": b"y"}
    data, package = packed(long)
    (tmp_path / "p").write_bytes(data)
    with (tmp_path / "p").open("rb") as file:
        assert rebuild(file) == package.index


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + b" ",
        lambda _: b"[]",
        lambda _: b"{}",
        lambda text: text.replace(b'"format":1', b'"format":2'),
        lambda text: text.replace(b'"chunk_size":', b'"chunk_size":1'),
        lambda text: text.replace(b'"members":[0,', b'"members":[1,'),
        lambda text: text.replace(b'"members":[0,', b'"members":[0,-1,'),
        lambda text: text.replace(b'"members":[0,', b'"members":[0,true,'),
        lambda text: text.replace(b'"offset":', b'"offset":9999999', 1),
        lambda text: text.replace(b'"path":"', b'"path":1,"x":"', 1),
    ],
)
def test_an_index_that_cannot_be_is_refused(change: object) -> None:
    text = INDEX.canonical
    Index.parse(text)
    with pytest.raises(Conflict) as refusal:
        Index.parse(change(text))  # type: ignore[operator]
    assert refusal.value.code == "package_index_damaged"
