"""Signing and verifying the files of a model without a registry, as OpenSSF Model Signing has it.

What is signed here is accepted by ``model_signing verify key``, and what that tool signed with an
elliptic-curve key is verified here.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aegis.problems import Invalid, NotFound
from aegis.proof.manifest import Manifest
from aegis.proof.signing import keys as public_keys
from aegis.proof.signing.bundle import (
    SignedBundle,
    model_statement,
    sign_statement,
    verify_manifest,
)
from aegis.proof.signing.signer import PublicKey, SignatureResult, Signer
from aegis.proof.signing.vault import VaultTransitSigner, connect
from aegis.sdk.local_files import find_files, hashed
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.proofs import Proofs, folder_of
from aegis.sdk.trust import TrustedKeys
from aegis.sdk.vault_login import vault_login
from aegis.sdk.verdicts import Verification
from aegis.sdk.verification import verify_files

__all__ = [
    "PemSigner",
    "SignedModel",
    "chosen_signer",
    "sign_model_artifact",
    "signed_manifest",
    "vault_signer",
    "verify_model_artifact",
]

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class SignedModel:
    """A signature over the files of a model: the bundle, the signed manifest, and by which key.

    ``path`` is where the bundle was written, if it was; ``left_out`` are files that are not signed.
    """

    bundle: bytes
    manifest: Manifest
    key_name: str
    key_version: str
    public_key_pem: str
    path: Path | None
    left_out: tuple[str, ...]


class PemSigner:
    """Sign with a private key of P-256, P-384 or P-521 in a PEM file, which stays on this machine.

    ``name`` is what signatures call the key. Raises ``Invalid`` for a file that holds no such key.
    """

    is_development = False

    def __init__(
        self, path: str | Path, *, name: str | None = None, password: str | None = None
    ) -> None:
        place = Path(path)
        self._name = name or place.stem
        try:
            secret = password.encode() if password else None
            key = serialization.load_pem_private_key(place.read_bytes(), secret)
        except FileNotFoundError as error:
            raise NotFound("key_file_not_found", f"There is no key file {place}.") from error
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Invalid(
                "private_key_unreadable", f"{place} holds no private key that can be read."
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
            raise Invalid(
                "key_unsupported", f"The key in {place} is not on the curve P-256, P-384 or P-521."
            )
        self._key = key

    def sign(self, signed: bytes) -> SignatureResult:
        """Sign the bytes of a DSSE pre-authentication encoding."""
        pem = public_keys.pem_of(self._key)
        return SignatureResult(
            signature_der=self._key.sign(signed, ec.ECDSA(_HASHES[self._key.curve.name])),
            key_name=self._name,
            key_version="1",
            public_key_pem=pem,
            algorithm=public_keys.algorithm(pem),
        )

    def public_keys(self) -> Sequence[PublicKey]:
        """Return the one key."""
        pem = public_keys.pem_of(self._key)
        return [PublicKey(self._name, "1", pem, public_keys.algorithm(pem))]


def vault_signer(key_name: str, *, mount: str = "transit") -> Signer:
    """Return a signer by Vault Transit, at VAULT_ADDR with the token in VAULT_TOKEN.

    A CI job may show its own identity instead, see ``aegis.sdk.vault_login``. The key never leaves
    Vault. Needs the extra ``aegis-registry[vault]``. Raises ``Invalid`` where the environment does
    not say where Vault is, and how to sign in.
    """
    address = os.environ.get("VAULT_ADDR")
    if not address:
        raise Invalid(
            "vault_not_configured",
            "Signing with Vault needs its address and a token.",
            mend="Set VAULT_ADDR and VAULT_TOKEN, or sign with a key file.",
        )
    vault = connect(address, vault_login(), namespace=os.environ.get("VAULT_NAMESPACE") or None)
    return VaultTransitSigner(vault, key_name, mount=mount)


def sign_model_artifact(  # noqa: PLR0913 -- What is signed, by what and where to, by name.
    path: str | Path,
    *,
    key: str | Path | None = None,
    signer: Signer | None = None,
    vault_key: str | None = None,
    name: str | None = None,
    for_model: str | None = None,
    output: str | Path | None = None,
    write: bool = True,
    progress: Watcher = unwatched,
) -> SignedModel:
    """Sign every file of a folder, or one file, and return the signature.

    It is signed with exactly one of: ``key``, a PEM file of a private key on P-256, P-384 or
    P-521; ``vault_key``, the name of a key in Vault Transit (VAULT_ADDR, VAULT_TOKEN); or a
    ``signer`` of your own. ``name`` is the title that the signature carries, the folder's without
    it. With ``for_model`` it is for that registered model: no other is taken with files that are
    registered. The bundle and the manifest are written into ``.aegis`` beside the files, or the
    bundle to ``output``, unless ``write`` is False. Left out is what ``register`` leaves out.

    Raises ``Invalid`` for links and devices, and for names that an artifact must not have.
    """
    place = Path(path)
    found = find_files(place)
    manifest = Manifest.of(hashed(file, watcher=progress) for file in found.files)
    made = signed_manifest(
        manifest,
        name=for_model or name or place.resolve().name,
        is_model=for_model is not None,
        signer=chosen_signer(key, vault_key, signer),
    )
    written = _written(place, made.data, manifest, output) if write or output else None
    return SignedModel(
        bundle=made.data,
        manifest=manifest,
        key_name=made.key_name,
        key_version=made.key_version,
        public_key_pem=made.public_key_pem,
        path=written,
        left_out=found.left_out,
    )


def signed_manifest(
    manifest: Manifest, *, name: str, is_model: bool, signer: Signer
) -> SignedBundle:
    """Have a manifest signed by ``signer``, and verify what it answers."""
    statement = model_statement(manifest, name=name, is_model=is_model)
    made = sign_statement(statement, signer=signer)
    verify_manifest(made.data, manifest, public_key_pem=made.public_key_pem)
    return made


def verify_model_artifact(
    path: str | Path,
    *,
    keys: str | Path | TrustedKeys | Sequence[str],
    bundle: str | Path | None = None,
    progress: Watcher = unwatched,
) -> Verification:
    """Check a folder, a file or a package (``.tar.gz``) against its signature, offline.

    ``keys`` are whom you trust: a file of public PEMs or a saved ``keys.json``, ``TrustedKeys``, or
    PEM texts. ``bundle`` is the signature's file; without it the one in ``.aegis`` is taken, or
    ``model.sig``. Returns what was checked, by which key, over which files; raises
    ``VerificationFailed``, whose ``result`` names every file that is missing, extra or changed.
    """
    place = Path(path)
    proofs = Proofs.beside(place, bundle=Path(bundle) if bundle is not None else None)
    return verify_files(place, proofs, _trusted(keys), watcher=progress).require()


def _trusted(keys: str | Path | TrustedKeys | Sequence[str]) -> TrustedKeys:
    if isinstance(keys, TrustedKeys):
        return keys
    if isinstance(keys, str | Path):
        return TrustedKeys.load(Path(keys))
    return TrustedKeys.of_pems(keys)


def chosen_signer(
    key: str | Path | None, vault_key: str | None, signer: Signer | None = None
) -> Signer:
    """Return what signs, of which exactly one is given; raise ``Invalid`` otherwise."""
    given = [one for one in (key, vault_key, signer) if one is not None]
    if len(given) != 1:
        raise Invalid(
            "signer_needed",
            "Sign with exactly one of: a key file, a key of Vault, a signer.",
            field="key",
        )
    if signer is not None:
        return signer
    return PemSigner(key) if key is not None else vault_signer(str(vault_key))


def _written(path: Path, bundle: bytes, manifest: Manifest, output: str | Path | None) -> Path:
    if output is not None:
        target = Path(output)
        target.write_bytes(bundle)
        return target
    folder = folder_of(path)
    Proofs(bundle, manifest.canonical).write(folder)
    return folder / "signature.sigstore.json"
