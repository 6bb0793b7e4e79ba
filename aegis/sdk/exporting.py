"""Exporting a version: downloaded and checked as always, then written into one file."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from aegis.problems import Conflict, Invalid, NotFound
from aegis.sdk import downloading
from aegis.sdk.documents import Version
from aegis.sdk.export_files import DOCUMENT, FORMAT, KEYS, PACKAGE, PROOFS, write_end, write_member
from aegis.sdk.http import Connection, quoted
from aegis.sdk.progress import Progress, Watcher
from aegis.sdk.proofs import folder_of
from aegis.sdk.trust import TrustedKeys

_KEYS_ADDRESS: Final = "/.well-known/aegis/keys.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """A version that lies in one file on this machine now, checked."""

    version: Version
    path: Path


def export(
    connection: Connection,
    version: Version,
    *,
    trusted: TrustedKeys,
    to: Path,
    watcher: Watcher,
) -> Exported:
    """Write ``version`` with its proofs and documents into the new file ``to``.

    The package is fetched as ``download`` fetches it, so the download is in the registry's ledger,
    a recalled version is refused, and a broken call goes on. The file appears when it is whole.
    """
    if to.exists():
        raise Invalid("target_not_empty", f"{to} is there already.", mend="Name a new file.")
    if held := "recalled" if version.recalled_at else "quarantined" * bool(version.quarantined_at):
        raise Conflict(f"version_{held}", f"{version.name} is {held} and is not given out.")
    work = downloading.own_folder(
        to.with_name(f".{to.name}.{str(version.digest)[:12]}.aegis-export")
    )
    package = work / PACKAGE
    if not package.exists():
        downloading.download(
            connection, version, trusted=trusted, to=package, whole=True, watcher=watcher
        )
    document = _described(connection, version)
    fresh = work / "export.tar"
    with fresh.open("wb") as sink:
        for name, data in _small(connection, document, folder_of(package)):
            write_member(sink, name, BytesIO(data), len(data))
        size = package.stat().st_size
        watcher(Progress("exporting", 0, size))
        with package.open("rb") as source:
            write_member(sink, PACKAGE, source, size)
        write_end(sink)
        sink.flush()
        os.fsync(sink.fileno())
        watcher(Progress("exporting", size, size))
    fresh.replace(to)
    shutil.rmtree(work)
    return Exported(version, to)


def _described(connection: Connection, version: Version) -> dict[str, Any]:
    """Return what the registry says of a version; nothing of it is signed."""
    address = f"models/{quoted(version.model)}/versions/{version.number}/"
    return {
        "format": FORMAT,
        "registry": connection.url,
        "exported_at": datetime.now(UTC).isoformat(),
        "model": version.model,
        "version": version.number,
        "label": version.label,
        "manifest_digest": version.digest,
        "package": version.document["artifact"],
        "facts": _all(connection, f"{address}facts/"),
        "metrics": _all(connection, f"{address}metrics/"),
        "card": _one(connection, f"{address}card/"),
        "provenance": _one(connection, f"{address}provenance/"),
        "document": dict(version.document),
    }


def _small(
    connection: Connection, document: dict[str, Any], proofs: Path
) -> Iterator[tuple[str, bytes]]:
    """Yield the members before the package."""
    yield DOCUMENT, _json(document)
    yield KEYS, _json(connection.get(_KEYS_ADDRESS))
    for place in sorted(proofs.iterdir()):
        yield f"{PROOFS}{place.name}", place.read_bytes()


def _all(connection: Connection, address: str) -> list[Any]:
    found = connection.get(address)
    return list(found["results"]) if isinstance(found, dict) and "results" in found else []


def _one(connection: Connection, address: str) -> Any:
    with suppress(NotFound):
        return connection.get(address)
    return None


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"
