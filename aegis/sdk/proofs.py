"""What proves an artifact, beside its files: the ``.aegis`` folder that a download leaves.

``signature.sigstore.json`` is the OpenSSF Model Signing bundle, ``manifest.json`` the canonical
manifest, ``promotion.sigstore.json`` the statement of the promotion, if there was one,
``rollback.sigstore.json`` that of the latest rollback to the version, once it is signed,
``redaction-1.sigstore.json`` and on the statements of files that were redacted, and
``version.json`` what the registry said of the version then, which nothing vouches for. A package
that is kept whole has them in a folder of its own name and ``.aegis``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from aegis.problems import NotFound
from aegis.proof.paths import RESERVED_FOLDER

SIGNATURE: Final = "signature.sigstore.json"
MANIFEST: Final = "manifest.json"
PROMOTION: Final = "promotion.sigstore.json"
ROLLBACK: Final = "rollback.sigstore.json"
VERSION: Final = "version.json"
_REDACTIONS: Final = "redaction-*.sigstore.json"
# Where model_signing and others leave a signature inside of a model's folder.
_FOREIGN: Final = "model.sig"


@dataclass(frozen=True, slots=True)
class Proofs:
    """The proofs of one artifact, as bytes.

    ``version`` is what the registry said, unproved; its ``rollback`` is the latest one to the
    version, where there was one.
    """

    bundle: bytes
    manifest: bytes | None = None
    promotion: bytes | None = None
    version: Mapping[str, Any] | None = None
    redactions: tuple[bytes, ...] = ()
    rollback: bytes | None = None

    @classmethod
    def beside(cls, path: Path, *, bundle: Path | None = None) -> Self:
        """Return the proofs of a folder or a package; ``bundle`` names the signature's file."""
        folder = folder_of(path)
        if bundle is None:
            candidates = [folder / SIGNATURE, path / _FOREIGN]
            if not path.is_dir():
                candidates = [folder / SIGNATURE, path.with_name(f"{path.name}.sigstore.json")]
            bundle = next((one for one in candidates if one.is_file()), None)
        if bundle is None or not bundle.is_file():
            raise NotFound(
                "signature_missing",
                f"There is no signature beside {path}.",
                mend="Download it with `aegis download`, or name its file with --bundle.",
            )
        said = _read(folder / VERSION)
        return cls(
            bundle.read_bytes(),
            _read(folder / MANIFEST),
            _read(folder / PROMOTION),
            _object(said) if said else None,
            tuple(one.read_bytes() for one in sorted(folder.glob(_REDACTIONS))),
            _read(folder / ROLLBACK),
        )

    @property
    def owes_rollback(self) -> bool:
        """Whether the registry said of a rollback that its statement could not be signed yet."""
        said = (self.version or {}).get("rollback")
        return isinstance(said, dict) and said.get("is_signed") is False

    def number_of(self, model: str | None) -> int | None:
        """Return which version of ``model`` this is by what the registry said, unproved."""
        said = self.version or {}
        number = said.get("number")
        is_one = isinstance(number, int) and not isinstance(number, bool)
        return number if is_one and model is not None and said.get("model") == model else None

    def write(self, folder: Path) -> None:
        """Write them into ``folder``."""
        folder.mkdir(exist_ok=True)
        (folder / SIGNATURE).write_bytes(self.bundle)
        named = {MANIFEST: self.manifest, PROMOTION: self.promotion, ROLLBACK: self.rollback}
        for name, data in named.items():
            if data is not None:
                (folder / name).write_bytes(data)
        for number, data in enumerate(self.redactions, start=1):
            (folder / _REDACTIONS.replace("*", str(number))).write_bytes(data)
        if self.version is not None:
            text = json.dumps(self.version, indent=2, sort_keys=True)
            (folder / VERSION).write_text(f"{text}\n")


def folder_of(path: Path) -> Path:
    """Return the folder of the proofs of a folder or a package."""
    if path.is_dir():
        return path / RESERVED_FOLDER
    return path.with_name(f"{path.name}{RESERVED_FOLDER}")


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _object(data: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
