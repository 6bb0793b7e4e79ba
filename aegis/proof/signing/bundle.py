"""OpenSSF Model Signing v1.0 bundles: one JSON file that says who signed which files.

A Sigstore bundle around a DSSE envelope around an in-toto statement. ``model_signing verify key``
verifies it against an unpacked folder; ``verify_manifest`` does so against a manifest.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from aegis import strict_json
from aegis.problems import Invalid
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing import keys
from aegis.proof.signing.dsse import envelope, open_envelope, pre_authentication_encoding
from aegis.proof.signing.refusals import Unverified, malformed
from aegis.proof.signing.signer import SignatureResult, Signer, sign

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://model_signing/signature/v1.0"
DEVELOPMENT_NOTICE: Final = (
    "Signed by the development signer of Aegis, whose key lies in a file: this proves nothing."
)

# The tool passes these over whatever a signature says, so that a bundle that listed them would
# never verify. Our own check covers them by the digest of the manifest.
_GIT_PATHS: Final = (".git", ".gitattributes", ".github", ".gitignore")
# What clients leave in the folder of a downloaded version: our own and MLflow's.
_CLIENT_PATHS: Final = (".aegis", "model.sig", "registered_model_meta")


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """A bundle as it is stored and downloaded, and the key that signed it."""

    data: bytes
    key_name: str
    key_version: str
    key_hint: str
    public_key_pem: str
    algorithm: str
    is_development: bool

    @property
    def key_fields(self) -> dict[str, Any]:
        """What each row that keeps a signature says of the key, by the names of its columns."""
        return {
            "key_name": self.key_name,
            "key_version": self.key_version,
            "key_hint": self.key_hint,
            "public_key": self.public_key_pem,
            "is_development": self.is_development,
        }


def sign_manifest(manifest: Manifest, *, name: str, number: int, signer: Signer) -> SignedBundle:
    """Sign the manifest of version ``number`` of the registered model ``name``, and verify it."""
    bundle = sign_statement(model_statement(manifest, name=name, number=number), signer=signer)
    verify_manifest(bundle.data, manifest, public_key_pem=bundle.public_key_pem)
    return bundle


def verify_manifest(data: bytes, manifest: Manifest, *, public_key_pem: str) -> dict[str, Any]:
    """Return the statement of a bundle that this key signed for exactly this manifest.

    Raises ``Unverified``, whose code says what does not hold: ``signature_malformed``,
    ``key_mismatch``, ``signature_invalid``, ``statement_unexpected``, ``manifest_mismatch``.
    """
    statement = verify_statement(data, public_key_pem=public_key_pem)
    if statement.get("predicateType") != PREDICATE_TYPE:
        raise Unverified(
            "statement_unexpected", "The signed statement is not about a model's files."
        )
    try:
        said = statement["predicate"]
        signed = (statement["subject"][0]["digest"], said["resources"], said["aegis"]["manifest"])
        only = len(statement["subject"]) == 1
    except (KeyError, IndexError, TypeError) as error:
        raise malformed("its statement lacks what it must say") from error
    if not only or signed != _promises(manifest):
        raise Unverified("manifest_mismatch", "The signature is for other files than these.")
    return statement


def sign_statement(statement: dict[str, Any], *, signer: Signer) -> SignedBundle:
    """Sign an in-toto statement. A development signer's notice goes into its predicate."""
    if signer.is_development:
        predicate = statement["predicate"]
        about = {**predicate.get("aegis", {}), "notice": DEVELOPMENT_NOTICE}
        statement = {**statement, "predicate": {**predicate, "aegis": about}}
    payload = rfc8785.dumps(statement)
    result = sign(signer, pre_authentication_encoding(payload))
    return SignedBundle(
        data=_bundle(payload, result),
        key_name=result.key_name,
        key_version=result.key_version,
        key_hint=keys.hint(result.public_key_pem),
        public_key_pem=result.public_key_pem,
        algorithm=result.algorithm,
        is_development=signer.is_development,
    )


def verify_statement(data: bytes, *, public_key_pem: str) -> dict[str, Any]:
    """Return the in-toto statement of a bundle that this key signed, or raise ``Unverified``."""
    try:
        bundle = strict_json.loads(data)
        if bundle["mediaType"] != MEDIA_TYPE:
            raise malformed(f"it is no {MEDIA_TYPE}")
        named = bundle["verificationMaterial"]["publicKey"]["hint"]
        sealed = bundle["dsseEnvelope"]
    except (Invalid, KeyError, TypeError) as error:
        raise malformed("it is no bundle of a signature by key") from error
    if named != keys.hint(public_key_pem):
        raise Unverified("key_mismatch", "The signature was made with another key.")
    payload, signature = open_envelope(sealed)
    keys.check_signature(public_key_pem, signature, pre_authentication_encoding(payload))
    try:
        statement = strict_json.loads(payload)
    except Invalid as error:
        raise malformed("its statement is no JSON") from error
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE:
        raise malformed("it holds no in-toto statement")
    return statement


def key_hint_of(data: bytes) -> str:
    """Return the hint of the key that a bundle says it was signed with; it proves nothing yet."""
    try:
        hint = strict_json.loads(data)["verificationMaterial"]["publicKey"]["hint"]
    except (Invalid, KeyError, TypeError) as error:
        raise malformed("it is no bundle of a signature by key") from error
    return str(hint)


def model_statement(
    manifest: Manifest, *, name: str, number: int | None = None, is_model: bool = False
) -> dict[str, Any]:
    """Return the OpenSSF Model Signing statement for a manifest, with the version it belongs to.

    Without a ``number`` it belongs to no version that is registered yet. ``name`` is then that of
    the registered model if ``is_model``, and else only a title.
    """
    digest, resources, manifest_digest = _promises(manifest)
    version: dict[str, Any] = {"model": name} if number is not None or is_model else {}
    version |= {} if number is None else {"version": number}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name if number is None else f"{name}@v{number}", "digest": digest}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": [*_GIT_PATHS, *_unused(_CLIENT_PATHS, manifest)],
            },
            "resources": resources,
            "aegis": {"manifest": manifest_digest, **version},
        },
    }


def _promises(manifest: Manifest) -> tuple[dict[str, str], list[dict[str, str]], dict[str, str]]:
    listed = [entry for entry in manifest.files if _is_listed(entry)]
    raw = b"".join(bytes.fromhex(entry.sha256) for entry in listed)
    return (
        {"sha256": hashlib.sha256(raw).hexdigest()},
        [{"name": entry.path, "algorithm": "sha256", "digest": entry.sha256} for entry in listed],
        {"sha256": manifest.digest},
    )


def _is_listed(entry: FileEntry) -> bool:
    return entry.path.split("/")[0] not in _GIT_PATHS


def _unused(names: tuple[str, ...], manifest: Manifest) -> list[str]:
    first = {entry.path.split("/")[0] for entry in manifest.files}
    return [name for name in names if name not in first]


def _bundle(payload: bytes, result: SignatureResult) -> bytes:
    key_id = f"{result.key_name}:v{result.key_version}"
    bundle = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "publicKey": {"hint": keys.hint(result.public_key_pem)},
            "tlogEntries": [],
        },
        "dsseEnvelope": envelope(payload, result.signature_der, key_id),
    }
    return json.dumps(bundle, indent=2).encode() + b"\n"
