"""Reading a package from its beginning: whatever its layout, it is compared with its manifest."""

from collections.abc import Callable, Iterator
from typing import Final

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import members, seekable, tar_1
from aegis.proof.packages.framing import Tar, compare, damaged
from aegis.proof.streams import HashingReader, Readable

_READERS: Final[dict[str, Callable[[Readable], Tar]]] = {
    tar_1.LAYOUT: tar_1.TarReader,
    members.LAYOUT: seekable.TarReader,
}


def tar_of(package: Readable, layout: str) -> Tar:
    """Return the tar stream of a package, or raise ``Conflict`` for a layout that is not known."""
    if layout not in _READERS:
        raise damaged("this release does not know its layout")
    return _READERS[layout](package)


def layout_of(head: bytes) -> str:
    """Return the layout of a package whose first four bytes are ``head``, to be believed later.

    Only members of the seekable layout have an extra field, which a flag there announces.
    """
    return members.LAYOUT if head[3:4] == b"\x04" else tar_1.LAYOUT


def verify(
    package: Readable, manifest: Manifest, *, size: int, sha256: str, layout: str
) -> tuple[int, ...]:
    """Read a whole package and raise ``Conflict`` unless it is ``manifest``'s, byte by byte.

    Returns where its members begin and the last one ends, which layout ``tar-1`` does not have.
    """
    raw = HashingReader(package)
    tar = tar_of(raw, layout)
    for _, data in compare(tar, manifest):
        _pass_over(data)
    if (raw.size, raw.sha256) != (size, sha256):
        raise Conflict(
            "package_digest_mismatch", "The stored package is not the one that was recorded."
        )
    return tuple(getattr(tar, "members", ()))


def read_through(
    package: Readable, manifest: Manifest, path: str, *, layout: str
) -> Iterator[bytes]:
    """Yield one file's bytes, comparing all before it; raise ``KeyError`` if there is none.

    The last piece is given once the digest is known to be right.
    """
    wanted = manifest.entry(path)
    if wanted is None:
        raise KeyError(path)
    for entry, data in compare(tar_of(package, layout), _until(manifest, wanted)):
        if entry is wanted:
            yield from data
            return
        _pass_over(data)


def _until(manifest: Manifest, wanted: FileEntry) -> Manifest:
    return Manifest(manifest.files[: manifest.files.index(wanted) + 1])


def _pass_over(data: Iterator[bytes]) -> None:
    for _ in data:
        pass
