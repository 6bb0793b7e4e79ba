"""Versions in export files: verified offline before anything of them is sent."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from aegis.problems import Conflict, Invalid, Refusal
from aegis.proof.manifest import Manifest
from aegis.proof.packages import unpack
from aegis.proof.signing.bundle import verify_manifest
from aegis.proof.streams import CHUNK
from aegis.sdk.export_files import KEYS, PROOFS, Export, open_export
from aegis.sdk.local.origins import Wanted
from aegis.sdk.progress import Progress, Watcher
from aegis.sdk.proofs import MANIFEST, SIGNATURE
from aegis.sdk.trust import TrustedKey, TrustedKeys

_LAYOUTS: Final = frozenset({"tar-1", "seekable-1"})
# What the registry reads of an export; the rest of it stays here.
_TOLD: Final = ("registry", "exported_at", "model", "version", "label", "facts", "metrics")


class PackageOrigin:
    """An export file. Its signature is checked with ``trusted``, or by the keys that it brings.

    The latter say only that the file is whole: whoever made it chose them.
    """

    source = "package"
    keeps_notes = False

    def __init__(self, path: Path, trusted: TrustedKeys | None = None) -> None:
        self._export = open_export(path)
        self._manifest = _manifest(self._export)
        if any(name.startswith(f"{PROOFS}redaction-") for name in self._export.small):
            raise Conflict(
                "export_redacted",
                "Files of this version were redacted, so no version with its digest comes of it.",
                mend="Export another version, or register the files that are left.",
            )
        self.key = self._checked(trusted)
        self.reference: Mapping[str, Any] = {"digest": self._manifest.digest}

    def look_up(self) -> Mapping[str, Any]:
        """Return what the export says, with its manifest and who signed that."""
        document = self._export.document
        told = {name: document[name] for name in _TOLD if document.get(name) is not None}
        card = document.get("card")
        provenance = document.get("provenance")
        return {
            **told,
            "card": card["sections"] if isinstance(card, dict) and "sections" in card else {},
            "provenance": _shown(provenance),
            "manifest": self._manifest.canonical.decode(),
            "signature": {
                "hint": self.key.hint,
                "key": self.key.name,
                "key_version": self.key.version,
            },
        }

    def pinned(self) -> str:
        """Return the digest of the manifest."""
        return self._manifest.digest

    def fetch(self, files: Sequence[Wanted], folder: Path, watcher: Watcher) -> None:
        """Unpack the files of the package, each held against the signed manifest."""
        wanted = {file.path for file in files}
        if wanted != {entry.path for entry in self._manifest.files}:
            raise Conflict("export_incomplete", "The registry asks for other files than there are.")
        export = self._export
        artifact = export.document.get("package")
        layout = artifact.get("layout") if isinstance(artifact, dict) else None
        if layout not in _LAYOUTS:
            raise Invalid(
                "export_unreadable", "The export does not say how its package is laid out."
            )
        watcher(Progress("unpacking", 0, export.size))
        with export.path.open("rb") as stream:
            stream.seek(export.offset)
            unpack(_Part(stream, export.size), self._manifest, folder, layout=str(layout))
        watcher(Progress("unpacking", export.size, export.size))

    def annotate(self, tags: Mapping[str, str]) -> None:
        """Tell nobody: a file is not changed by who reads it."""

    def _checked(self, trusted: TrustedKeys | None) -> TrustedKey:
        """Return the key that signed exactly this manifest; raise ``Unverified`` otherwise."""
        bundle = self._export.small.get(f"{PROOFS}{SIGNATURE}", b"")
        key = (trusted or self._brought_keys()).of_bundle(bundle)
        key.refuse_if_compromised()
        verify_manifest(bundle, self._manifest, public_key_pem=key.public_key_pem)
        return key

    def _brought_keys(self) -> TrustedKeys:
        try:
            return TrustedKeys.of_document(json.loads(self._export.small.get(KEYS, b"{}")))
        except (ValueError, RecursionError) as error:
            raise Invalid("export_unreadable", "The keys in the export are no JSON.") from error


class _Part:
    """The bytes of one member, and no more."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int = CHUNK, /) -> bytes:
        """Return up to ``size`` bytes, and none at the end only."""
        data = self._stream.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data


def _manifest(export: Export) -> Manifest:
    data = export.small.get(f"{PROOFS}{MANIFEST}", b"")
    try:
        manifest = Manifest.parse(data)
    except Refusal as error:
        raise Invalid("export_unreadable", "The export holds no manifest.") from error
    if hashlib.sha256(data).hexdigest() != export.document.get("manifest_digest"):
        raise Conflict("manifest_mismatch", "The manifest in the export is not the one it names.")
    return manifest


def _shown(provenance: Any) -> str:
    found = provenance.get("shown") if isinstance(provenance, dict) else None
    return found if isinstance(found, str) else ""
