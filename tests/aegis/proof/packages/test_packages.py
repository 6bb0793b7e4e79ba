import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from aegis.problems import Conflict
from aegis.proof import packaging
from aegis.proof.manifest import FileEntry, Manifest

CONTENTS = {
    "config.json": b'{"a": 1}',
    "empty": b"",
    "weights/model.bin": bytes(range(256)) * 4096 + b"odd",
    "weights/" + "n" * 150 + ".bin": b"a long name needs a pax record",
    "caf\u00e9/\u540d\u524d.txt": b"names in any script",
    "block": b"x" * 512,
}


def manifest_of(contents: dict[str, bytes]) -> Manifest:
    return Manifest.of(
        FileEntry(path, len(data), hashlib.sha256(data).hexdigest())
        for path, data in contents.items()
    )


def packed(contents: dict[str, bytes]) -> tuple[bytes, packaging.Package]:
    sink = io.BytesIO()
    opened = lambda entry: io.BytesIO(contents[entry.path])  # noqa: E731
    package = packaging.pack(manifest_of(contents), opened, sink)
    return sink.getvalue(), package


@pytest.fixture(scope="module")
def data() -> bytes:
    return packed(CONTENTS)[0]


def verify(data: bytes, contents: dict[str, bytes] = CONTENTS, **promised: object) -> None:
    known = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **promised}
    packaging.verify(io.BytesIO(data), manifest_of(contents), **known)  # type: ignore[arg-type]


def test_the_package_is_what_was_said_of_it() -> None:
    data, package = packed(CONTENTS)
    assert package == packaging.Package(len(data), hashlib.sha256(data).hexdigest())
    verify(data)


def test_packing_twice_gives_the_same_bytes() -> None:
    assert packed(CONTENTS)[0] == packed(dict(reversed(CONTENTS.items())))[0]


def test_the_tar_stream_of_the_layout_never_changes(data: bytes) -> None:
    # Packages are read for years: should a new Python frame its tar files in another way, then
    # the layout needs a framing of its own, and not another digest here.
    found = hashlib.sha256(gzip.decompress(data)).hexdigest()
    assert found == "00ba48d8d6da5b9d978f39fa6c45ef969018c30506eb730e6a34ad1388656f50"


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
    done = subprocess.run(
        ["tar", "xzf", "../p.tar.gz"],
        cwd=(tmp_path / "x").mkdir() or tmp_path / "x",
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


@pytest.mark.parametrize("path", CONTENTS)
def test_one_file_is_read_out_of_the_package(data: bytes, path: str) -> None:
    chunks = packaging.read_member(io.BytesIO(data), manifest_of(CONTENTS), path)
    assert b"".join(chunks) == CONTENTS[path]


def test_a_file_that_is_not_in_the_manifest_is_not_looked_for(data: bytes) -> None:
    with pytest.raises(KeyError):
        list(packaging.read_member(io.BytesIO(data), manifest_of(CONTENTS), "../x"))


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
        packaging.pack(manifest_of(CONTENTS), opened, io.BytesIO())
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


SMALL = {"a": b"one", "b": b"two"}


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda data: data[:-1], "package_damaged"),
        (lambda data: data[: len(data) // 2], "package_damaged"),
        (lambda _: b"", "package_damaged"),
        (lambda data: b"\0" * len(data), "package_damaged"),
        (lambda data: data + b"x", "package_damaged"),
        (lambda data: data + data, "package_damaged"),
        (lambda data: gzip.compress(gzip.decompress(data) + b"\0"), "package_damaged"),
        (lambda data: gzip.compress(gzip.decompress(data)[:-512]), "package_damaged"),
        (
            lambda data: gzip.compress(gzip.decompress(data).replace(b"one", b"eno")),
            "file_digest_mismatch",
        ),
        (
            lambda data: gzip.compress(gzip.decompress(data).replace(b"one\0", b"one!")),
            "package_damaged",
        ),
        (lambda _: packed({"a": b"one"})[0], "package_damaged"),
        (lambda _: packed({**SMALL, "c": b""})[0], "package_damaged"),
        (lambda _: packed({"a": b"one", "c": b"two"})[0], "package_damaged"),
        (lambda _: repacked(_link, SMALL), "package_damaged"),
        (lambda _: repacked(_extra, SMALL), "package_damaged"),
    ],
)
def test_a_package_that_is_not_exactly_the_manifests_is_refused(
    damage: Callable[[bytes], bytes], code: str
) -> None:
    good = packed(SMALL)[0]
    verify(good, SMALL)
    with pytest.raises(Conflict) as refusal:
        verify(damage(good), SMALL)
    assert refusal.value.code == code


def test_the_same_files_compressed_otherwise_are_another_package() -> None:
    data = packed(SMALL)[0]
    other = gzip.compress(gzip.decompress(data), mtime=1)
    verify(other, SMALL)
    with pytest.raises(Conflict) as refusal:
        verify(other, SMALL, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    assert refusal.value.code == "package_digest_mismatch"


def test_a_changed_file_is_refused_when_it_alone_is_read() -> None:
    data = gzip.compress(gzip.decompress(packed(SMALL)[0]).replace(b"two", b"owt"))
    manifest = manifest_of(SMALL)
    assert b"".join(packaging.read_member(io.BytesIO(data), manifest, "a")) == b"one"
    with pytest.raises(Conflict) as refusal:
        list(packaging.read_member(io.BytesIO(data), manifest, "b"))
    assert refusal.value.code == "file_digest_mismatch"


def test_files_that_compress_a_thousandfold_are_read_in_bounded_chunks() -> None:
    contents = {"zeros": bytes(50_000_000), "z": b"end"}
    data, _ = packed(contents)
    assert len(data) < 1_000_000
    sizes = [
        len(c) for c in packaging.read_member(io.BytesIO(data), manifest_of(contents), "zeros")
    ]
    assert max(sizes) <= packaging.CHUNK
    assert sum(sizes) == 50_000_000
    verify(data, contents)


FLAT = """
import hashlib, resource, sys
from aegis.proof import packaging
from aegis.proof.manifest import FileEntry, Manifest

class Zeros:
    def __init__(self, size): self.left = size
    def read(self, size=-1):
        size = min(self.left, size); self.left -= size
        return bytes(size)
    def __enter__(self): return self
    def __exit__(self, *_): pass

class Nothing:
    def write(self, data): return len(data)

size = int(sys.argv[1])
digest = hashlib.sha256()
for _ in range(size // 1_000_000): digest.update(bytes(1_000_000))
manifest = Manifest.of([FileEntry("w", size, digest.hexdigest())])
packaging.pack(manifest, lambda entry: Zeros(entry.size), Nothing())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_files() -> None:
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", FLAT, str(size)], capture_output=True, check=True, text=True
            ).stdout
        )
        for size in (1_000_000, 300_000_000)
    ]
    assert peaks[1] - peaks[0] < 20_000
