"""Fetching a version: its proofs first, then its package, resumed where it broke off, then checked.

Nothing is seen under its final name before all of it was checked: the work is done in a folder
beside the target, which a later try goes on with.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx

from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import unpack
from aegis.proof.signing.bundle import verify_manifest
from aegis.proof.streams import CHUNK
from aegis.sdk.documents import Version
from aegis.sdk.errors import BadAnswer
from aegis.sdk.http import AWAY, BUSY, Connection, quoted
from aegis.sdk.progress import Progress, Watcher
from aegis.sdk.proofs import Proofs, folder_of
from aegis.sdk.redactions import redacted_files
from aegis.sdk.trust import TrustedKeys

_WORK_SUFFIX: Final = ".aegis-download"
# More than the headers and the padding of a member with the longest path, and than all frames of
# an empty package.
_HEADERS: Final = 8 * 1024
_FRAMES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A version that lies on this machine now, checked: where, and how many bytes came over."""

    version: Version
    path: Path
    received: int


def download(
    connection: Connection,
    version: Version,
    *,
    trusted: TrustedKeys,
    to: Path,
    whole: bool,
    watcher: Watcher,
) -> Downloaded:
    """Fetch ``version`` into the folder ``to``, or as a package of that name if ``whole``.

    Raises ``Invalid`` for a target that is there, ``BadAnswer`` or ``Unverified`` for bytes that
    are not the signed ones, which are then removed.
    """
    _refuse_occupied(to)
    proofs, manifest = _proofs(connection, version, trusted)
    work = own_folder(to.with_name(f".{to.name}{_WORK_SUFFIX}"))
    package = _Package(connection, version, work / "package.tar.gz", watcher)
    package.refuse_more_than(_most(manifest))
    package.fetch()
    if whole:
        proofs.write(folder_of(to))
        package.path.replace(to)
    else:
        watcher(Progress("unpacking", 0, None))
        layout = version.document["artifact"]["layout"]
        _unpacked(package.path, manifest, proofs, work / "files", layout=layout)
        if to.is_dir():
            to.rmdir()
        (work / "files").replace(to)
    shutil.rmtree(work)
    return Downloaded(version, to, package.received)


def _refuse_occupied(to: Path) -> None:
    if to.is_file() or (to.is_dir() and any(to.iterdir())):
        raise Invalid(
            "target_not_empty",
            f"{to} is there already.",
            mend="Name a new folder, or remove that one.",
        )


def own_folder(work: Path) -> Path:
    """Make the folder of the work, or go on with ours; refuse what somebody else laid there."""
    work.parent.mkdir(parents=True, exist_ok=True)
    work.mkdir(mode=0o700, exist_ok=True)
    status = work.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise Invalid(
            "work_folder_foreign",
            f"{work} is a link, or belongs to somebody else, so nothing is written there.",
            mend="Remove it, or download to a folder that only you write to.",
        )
    return work


def _proofs(
    connection: Connection, version: Version, trusted: TrustedKeys
) -> tuple[Proofs, Manifest]:
    """Return the proofs of a version, once the signature holds, and what its package holds.

    That is all of the signed manifest but the files whose redaction is signed as well.
    """
    address = f"models/{quoted(version.model)}/versions/{version.number}/"
    bundle = connection.ask("GET", f"{address}signature/").content
    rows = connection.get(f"{address}files/")["results"]
    manifest = Manifest.of(FileEntry(row["path"], row["size"], row["sha256"]) for row in rows)
    key = trusted.of_bundle(bundle)
    verify_manifest(bundle, manifest, public_key_pem=key.public_key_pem)
    promotion = promotion_statement(connection, version)
    redactions = tuple(_redactions(connection, address, rows))
    gone = redacted_files(redactions, manifest.digest, trusted)
    proofs = Proofs(bundle, manifest.canonical, promotion, version.document, redactions)
    proofs = with_rollback(connection, version, proofs)
    return proofs, manifest.without(gone) if gone else manifest


def _redactions(
    connection: Connection, address: str, rows: Iterable[Mapping[str, Any]]
) -> Iterator[bytes]:
    """Yield the statements of the files that were redacted, as far as they are signed."""
    for row in rows:
        if row.get("redaction"):
            with suppress(NotFound):
                path = f"{address}redactions/{row['redaction']}/statement/"
                yield connection.ask("GET", path).content


def promotion_statement(
    connection: Connection, version: Version, *, target: str = "Production"
) -> bytes | None:
    """Return the signed statement of the latest promotion of a version to ``target``."""
    address = f"models/{quoted(version.model)}/versions/{version.number}/promotions/"
    for row in connection.pages(address):
        if (row["target"], row["state"]) == (target, "promoted"):
            return connection.ask("GET", f"promotions/{row['number']}/statement/").content
    return None


def with_rollback(connection: Connection, version: Version, proofs: Proofs) -> Proofs:
    """Add to ``proofs`` the latest rollback to a version, if there was one, and its statement.

    The statement is missing while nobody could sign it; what the registry says then says so.
    """
    address = f"models/{quoted(version.model)}/versions/{version.number}/rollbacks/"
    latest = next(connection.pages(address, page_size="1"), None)
    if latest is None:
        return proofs
    said = {**version.document, "rollback": latest}
    if not latest["is_signed"]:
        return replace(proofs, version=said, rollback=None)
    statement = connection.ask("GET", f"{address}{latest['id']}/statement/").content
    return replace(proofs, version=said, rollback=statement)


def _unpacked(
    package: Path, manifest: Manifest, proofs: Proofs, files: Path, *, layout: str
) -> None:
    if files.exists():
        shutil.rmtree(files)
    files.mkdir()
    try:
        with package.open("rb") as stream:
            unpack(stream, manifest, files, layout=layout)
    except Conflict as refusal:
        raise BadAnswer(refusal.code, refusal.sentence) from refusal
    proofs.write(folder_of(files))


class _Package:
    """The package of a version on its way to ``path``, which keeps what has come so far."""

    def __init__(
        self, connection: Connection, version: Version, path: Path, watcher: Watcher
    ) -> None:
        artifact: Mapping[str, Any] = version.document["artifact"]
        self.path = path
        self.received = 0
        self._connection = connection
        self._address = f"models/{quoted(version.model)}/versions/{version.number}/artifact/"
        self._size: int = artifact["size"]
        self._sha256: str = artifact["sha256"]
        self._watcher = watcher

    def refuse_more_than(self, most: int) -> None:
        """Raise ``BadAnswer`` for a package of a size that the signed files cannot have."""
        if not 0 < self._size <= most:
            raise BadAnswer(
                "package_size_impossible",
                f"The registry says that the package has {self._size:,} bytes; with the signed "
                f"files in it, it has at most {most:,}.",
                mend="Nothing was fetched. Tell whoever runs the registry.",
            )

    def fetch(self) -> None:
        """Get the bytes that are missing, and check all; bytes that are not right are removed."""
        patience = self._connection.patience()
        while (have := self._have()) < self._size:
            try:
                asked = self._append(have)
            except AWAY as error:
                if self._have() > have:
                    patience = self._connection.patience()
                if not patience.wait():
                    raise self._connection.away(error) from error
                continue
            if asked is not None and not patience.wait(asked.headers.get("Retry-After")):
                raise self._connection.refusal(asked)
            if asked is None and self._have() <= have:
                raise _too_short(self._have(), self._size)
        self._check()

    def _have(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _append(self, have: int) -> httpx.Response | None:
        """Add what follows the first ``have`` bytes; return the answer of a server that is busy."""
        # If-Range: should the package not be the same any more, the whole of it is sent.
        headers = {"Range": f"bytes={have}-", "If-Range": f'"{self._sha256}"'} if have else {}
        with self._connection.stream(self._address, headers) as answer:
            if answer.status_code in BUSY:
                return answer
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                raise self._connection.refusal(answer)
            is_rest = answer.status_code == HTTPStatus.PARTIAL_CONTENT
            with self.path.open("ab" if is_rest else "wb") as sink:
                for data in _limited(answer, self._size - (have if is_rest else 0)):
                    sink.write(data)
                    self.received += len(data)
                    self._watcher(Progress("downloading", sink.tell(), self._size))
        return None

    def _check(self) -> None:
        with self.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if (self._have(), digest) != (self._size, self._sha256):
            self.path.unlink()
            raise BadAnswer(
                "package_digest_mismatch",
                "The package that came is not the one that the registry recorded, so it was "
                "removed.",
                mend="Try again; if it stays so, tell whoever runs the registry.",
            )


def _most(manifest: Manifest) -> int:
    """Return how many bytes a package of these files has at most, in any layout."""
    return manifest.size + manifest.size // 100 + len(manifest.files) * _HEADERS + _FRAMES


def _too_short(came: int, promised: int) -> BadAnswer:
    return BadAnswer(
        "package_too_short",
        f"The registry ended the package after {came:,} of {promised:,} bytes.",
        mend="Try again; if it stays so, tell whoever runs the registry.",
    )


def _limited(answer: httpx.Response, most: int) -> Iterator[bytes]:
    for data in answer.iter_raw(CHUNK):
        yield data[:most]
        most -= len(data)
        if most <= 0:
            return
