"""Keys of the list whose private half lies with a client, and what they sign."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing.bundle import SignedBundle
from aegis.sdk.signing import PemSigner, signed_manifest
from registry.key_versions import note_key_versions
from registry.models import SigningKey
from registry.pasted_keys import Pasted
from registry.signing_keys import add_key
from tests.cast import Cast


class ClientKey:
    """A key of the list, with its newest version in a file of ``folder``."""

    def __init__(self, cast: Cast, folder: Path, name: str = "ci-key", **listed: Any) -> None:
        self.listed = add_key(actor=cast.ada, name=name, provider="vault", **listed)
        self._folder = folder
        self._number = 0
        self.rotate()

    @property
    def file(self) -> Path:
        """Where the private half of the newest version lies."""
        return self._folder / f"{self.listed.name}-{self._number}.pem"

    def rotate(self) -> None:
        """Give the key another version, which a worker has seen."""
        self._number += 1
        self.signer = new_signer(self.file)
        (shown,) = self.signer.public_keys()
        named = replace(shown, key_name=self.listed.name, key_version=str(self._number))
        note_key_versions(self.listed, public_keys=[named])

    def sign(self, manifest: Manifest, *, name: str = "churn-predictor") -> bytes:
        """Return the bundle of a signature over ``manifest`` for a model."""
        return signed(self.signer, manifest, name=name).data


def given(signer: Any, version: str = "1") -> Pasted:
    """Return the public key of ``signer`` as an administrator takes it over."""
    return Pasted(version, signer.public_keys()[-1].public_key_pem)


def listed_to_verify(cast: Cast, signer: Any, name: str = "elsewhere", **said: Any) -> SigningKey:
    """List the key of ``signer``, which Aegis does not reach."""
    return add_key(
        actor=cast.ada, name=name, provider="verify-only", public_keys=[given(signer)], **said
    )


def new_signer(place: Path) -> PemSigner:
    """Return what signs with a new key in the file ``place``."""
    place.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return PemSigner(place)


def signed(signer: Any, manifest: Manifest, *, name: str = "churn-predictor") -> SignedBundle:
    """Return the signature of ``signer`` over ``manifest`` for a model."""
    return signed_manifest(manifest, name=name, is_model=True, signer=signer)


def manifest_of(files: Mapping[str, bytes]) -> Manifest:
    """Return the manifest of files by path."""
    return Manifest.of(
        FileEntry(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()
    )
