"""What holds of packages of each layout: whole, spoilt, and read by other programs."""

import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from aegis.problems import Conflict
from aegis.proof.packages import LAYOUT, Package, pack, rebuild, tar_1, verify
from aegis.proof.packages.framing import END
from aegis.proof.packages.members import CHUNK_SIZE, largest_member, member_of
from aegis.proof.packages.verifying import layout_of
from tests.aegis.proof.packages.making import (
    CONTENTS,
    SMALL,
    Contents,
    manifest_of,
    packed,
    packed_as_tar_1,
)

WRITERS: dict[str, Callable[[Contents], bytes]] = {
    tar_1.LAYOUT: packed_as_tar_1,
    LAYOUT: lambda contents: packed(contents)[0],
}
both = pytest.mark.parametrize("layout", WRITERS)


@pytest.fixture(scope="module", params=WRITERS)
def data(request: pytest.FixtureRequest) -> bytes:
    """A package, of each layout in turn."""
    return WRITERS[request.param](CONTENTS)


def check(data: bytes, contents: Contents = CONTENTS, **promised: object) -> None:
    known = {
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "layout": layout_of(data[:4]),
        **promised,
    }
    verify(io.BytesIO(data), manifest_of(contents), **known)  # type: ignore[arg-type]


def refused(code: str, data: bytes, contents: Contents = SMALL, **promised: object) -> None:
    with pytest.raises(Conflict) as refusal:
        check(data, contents, **promised)
    assert refusal.value.code == code


def members(*chunks: bytes) -> bytes:
    """Return seekable members of any chunks, in order."""
    pieces = [member_of(number, memoryview(chunk))[0] for number, chunk in enumerate(chunks)]
    return b"".join(bytes(piece) for member in pieces for piece in member)


def test_the_package_is_what_was_said_of_it() -> None:
    data, package = packed(CONTENTS)
    assert (package.size, package.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert isinstance(package, Package)
    check(data)
    assert layout_of(data[:4]) == LAYOUT


def test_a_package_of_the_first_layout_stays_readable() -> None:
    data = packed_as_tar_1(CONTENTS)
    assert layout_of(data[:4]) == tar_1.LAYOUT
    check(data)


def test_packing_twice_gives_the_same_bytes() -> None:
    assert packed(CONTENTS)[0] == packed(dict(reversed(CONTENTS.items())))[0]


@both
def test_the_tar_stream_of_a_layout_never_changes(layout: str) -> None:
    # Packages are read for years: should a new Python frame its tar files in another way, then
    # the layouts need a framing of their own, and not another digest here.
    small = {path: b"%d" % len(path) for path in CONTENTS}
    found = hashlib.sha256(gzip.decompress(WRITERS[layout](small))).hexdigest()
    assert found == "fdfa5297f88b555f9d26dfaf9dcd8ec7839e4ea9c68ac8d9ecc3b602d32390a4"


def test_weights_are_stored_and_texts_compressed() -> None:
    noise, text = CONTENTS["weights/model.bin"], CONTENTS["vocabulary.txt"]
    assert len(noise) < len(packed({"w": noise})[0]) < len(noise) + 4096
    assert len(packed({"t": text})[0]) < len(text) / 2


def test_each_member_holds_its_chunk_alone() -> None:
    data, package = packed(CONTENTS)
    bounds = package.index.members
    tar = gzip.decompress(data)
    for number, (begin, end) in enumerate(pairwise(bounds)):
        chunk = gzip.decompress(data[begin:end])
        assert chunk == tar[number * CHUNK_SIZE : (number + 1) * CHUNK_SIZE]
        assert end - begin <= largest_member()


def test_python_reads_the_package_as_a_tar_file(data: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        members = tar.getmembers()
        assert {member.name for member in members} == CONTENTS.keys()
        for member in members:
            assert member.isreg()
            assert (member.uid, member.gid, member.uname, member.mode) == (0, 0, "", 0o644)
            stream = tar.extractfile(member)
            assert stream is not None
            assert stream.read() == CONTENTS[member.name]


@pytest.mark.skipif(not shutil.which("tar"), reason="there is no tar command")
def test_the_tar_command_unpacks_the_package(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.tar.gz").write_bytes(data)
    (tmp_path / "x").mkdir()
    done = subprocess.run(
        ["tar", "xzf", "../p.tar.gz"],
        cwd=tmp_path / "x",
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    found = {
        str(path.relative_to(tmp_path / "x")): path.read_bytes()
        for path in (tmp_path / "x").rglob("*")
        if path.is_file()
    }
    assert found == CONTENTS


@pytest.mark.parametrize(
    "changed",
    [b'{"a": 2}', b'{"a": 1', b'{"a": 1}x', b""],
    ids=["other bytes", "shorter", "longer", "empty"],
)
def test_bytes_that_are_not_the_promised_ones_are_not_packed(changed: bytes) -> None:
    opened = lambda entry: io.BytesIO(  # noqa: E731
        changed if entry.path == "config.json" else CONTENTS[entry.path]
    )
    with pytest.raises(Conflict) as refusal:
        pack(manifest_of(CONTENTS), opened, io.BytesIO())
    assert refusal.value.code == "file_digest_mismatch"
    assert refusal.value.details == {"path": "config.json"}


def repacked(change: Callable[[tarfile.TarFile], None], contents: dict[str, bytes]) -> bytes:
    """Return a package by Python's own writer, as somebody with the store's rights might make."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for entry in manifest_of(contents).files:
            member = tarfile.TarInfo(entry.path)
            member.size = entry.size
            member.mtime = 946_684_800
            tar.addfile(member, io.BytesIO(contents[entry.path]))
        change(tar)
    return sink.getvalue()


def _link(tar: tarfile.TarFile) -> None:
    member = tarfile.TarInfo("link")
    member.type = tarfile.SYMTYPE
    member.linkname = "/etc/passwd"
    tar.addfile(member)


def _extra(tar: tarfile.TarFile) -> None:
    tar.addfile(tarfile.TarInfo("../escape"))


@both
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda tar: tar + b"\0", "package_damaged"),
        (lambda tar: tar[:-512], "package_damaged"),
        (lambda tar: tar.replace(b"one", b"eno"), "file_digest_mismatch"),
        (lambda tar: tar.replace(b"one\0", b"one!"), "package_damaged"),
        (lambda tar: tar.replace(b"0000644", b"0000755", 1), "package_damaged"),
        (lambda _: b"", "package_damaged"),
        (lambda tar: tar + tar, "package_damaged"),
        (lambda tar: bytes(len(tar)), "package_damaged"),
    ],
)
def test_a_tar_stream_that_is_not_the_manifests_is_refused(
    layout: str, damage: Callable[[bytes], bytes], code: str
) -> None:
    wrap: Callable[[bytes], bytes] = members if layout == LAYOUT else gzip.compress
    tar = gzip.decompress(WRITERS[layout](SMALL))
    check(wrap(tar), SMALL)
    refused(code, wrap(damage(tar)), layout=layout)


@both
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:20],
        lambda _: b"",
        lambda data: b"\0" * len(data),
        lambda data: data + b"x",
        lambda data: data + data,
        lambda data: data[:-8] + bytes(8),
    ],
)
def test_spoilt_compression_is_refused(layout: str, damage: Callable[[bytes], bytes]) -> None:
    good = WRITERS[layout](SMALL)
    check(good, SMALL)
    refused("package_damaged", damage(good), layout=layout)


@both
@pytest.mark.parametrize("other", [{"a": b"one"}, {**SMALL, "c": b""}, {"a": b"one", "c": b"two"}])
def test_the_package_of_other_files_is_refused(layout: str, other: Contents) -> None:
    refused("package_damaged", WRITERS[layout](other))


@pytest.mark.parametrize("change", [_link, _extra])
def test_links_and_further_members_are_refused(change: Callable[[tarfile.TarFile], None]) -> None:
    tar = gzip.decompress(repacked(change, SMALL))
    refused("package_damaged", gzip.compress(tar))
    refused("package_damaged", members(tar))
    with pytest.raises(Conflict) as refusal:
        rebuild(io.BytesIO(members(tar)))
    assert refusal.value.code == "package_damaged"


def spliced(insert: bytes) -> bytes:
    """Return a package of several members with something between two of them."""
    data, package = packed(CONTENTS)
    place = package.index.members[2]
    return data[:place] + insert + data[place:]


@pytest.mark.parametrize(
    "insert",
    [
        b"garbage",
        # Workers name a test by its bytes, so they must not hold the time.
        gzip.compress(b"", mtime=0),
        gzip.compress(b"more", mtime=0),
        members(b"")[:0] + members(b"more"),
    ],
)
def test_what_stands_between_members_is_refused(insert: bytes) -> None:
    check(spliced(b""))
    refused("package_damaged", spliced(insert), CONTENTS)


def test_members_out_of_order_or_of_another_length_are_refused() -> None:
    tar = gzip.decompress(packed(CONTENTS)[0])
    halves = tar[:CHUNK_SIZE], tar[CHUNK_SIZE:]
    refused("package_damaged", members(tar[:1000], tar[1000:]), CONTENTS)
    refused("package_damaged", members(*halves), CONTENTS)
    first, second = members(tar[:512]), members(b"", tar[512:1024])[len(members(b"")) :]
    refused("package_damaged", second + first, CONTENTS)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = members(bytes(200 * 1024 * 1024))
    assert len(bomb) < 2_000_000
    refused("package_damaged", bomb)
    with pytest.raises(Conflict):
        rebuild(io.BytesIO(bomb))


def test_more_bytes_or_files_than_may_be_are_refused() -> None:
    data, package = packed(SMALL)
    assert rebuild(io.BytesIO(data), size_limit=6) == package.index
    with pytest.raises(Conflict) as refusal:
        rebuild(io.BytesIO(data), size_limit=5)
    assert refusal.value.code == "package_damaged"
    deep = {"/".join("d" * 32): b""}
    with tarfile.open(fileobj=(sink := io.BytesIO()), mode="w") as tar:
        for path in [*deep, "/".join("d" * 40)]:
            member = tarfile.TarInfo(path)
            member.mode, member.mtime = 0o644, 946_684_800
            tar.addfile(member)
    with pytest.raises(Conflict):
        rebuild(io.BytesIO(members(sink.getvalue()[: 2 * 512] + END)))


def test_the_same_files_compressed_otherwise_are_another_package() -> None:
    data = packed_as_tar_1(SMALL)
    other = gzip.compress(gzip.decompress(data), mtime=1)
    check(other, SMALL)
    sha256 = hashlib.sha256(data).hexdigest()
    refused("package_digest_mismatch", other, size=len(data), sha256=sha256)


def test_a_layout_of_a_later_release_is_refused() -> None:
    refused("package_damaged", packed(SMALL)[0], layout="seekable-9")


FLAT = """
import re, sys
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import pack

class Nothing:
    def write(self, data): return len(data)

path, sha256 = sys.argv[1:]
with open(path, "rb") as file: size = file.seek(0, 2)
manifest = Manifest.of([FileEntry("w", size, sha256)])
pack(manifest, lambda entry: open(path, "rb", buffering=0), Nothing())
# The highest mark of this program: ru_maxrss would be that of the test before it ran this.
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def test_memory_stays_flat_for_a_file_of_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(3 * 1024**3)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    done = subprocess.run(
        [sys.executable, "-c", FLAT, str(path), sha256],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    assert int(done.stdout) < 200_000
