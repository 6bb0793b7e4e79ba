"""The signer that holds no key: Vault's Transit engine signs, and tells the public keys.

Sent is the SHA-256 of what is to be signed, never a manifest of megabytes. The key is looked at
anew at least every minute, since Vault lets a key be made exportable later.
"""

import base64
import binascii
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol

from aegis.problems import Refusal
from aegis.proof.signing.keys import algorithm, normal_pem
from aegis.proof.signing.refusals import KeyUnfit, SignerAway, SignerMisconfigured, Unverified
from aegis.proof.signing.signer import PublicKey, SignatureResult
from aegis.proof.signing.vault_auth import Login

KEY_TYPE: Final = "ecdsa-p256"
ALGORITHM: Final = "ecdsa-p256-sha256"
FRESH_SECONDS: Final = 60.0
_SIGNATURE: Final = re.compile(r"vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/]+=*)")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Question:
    """What Vault is asked, and the right that it takes; ``unknown`` is what a 404 means."""

    doing: str
    capability: str
    path: str
    unknown: Refusal | None = None


class Asks(Protocol):
    """A signed-in connection to Vault, as ``connect`` makes one."""

    def ask(self, question: Question, act: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the JSON object that ``act`` gets over an hvac client, or raise a refusal."""


@dataclass(frozen=True, slots=True)
class KeyReport:
    """A key that may sign: its versions, the newest last, and whether Vault would delete it."""

    versions: tuple[PublicKey, ...]
    deletion_allowed: bool
    read_at: float

    def version(self, number: str) -> PublicKey | None:
        """Return one version, if Vault shows it."""
        return next((key for key in self.versions if key.key_version == number), None)


def connect(
    url: str, login: Login, *, namespace: str | None = None, ca_file: str | None = None
) -> Asks:
    """Return a connection to the Vault at ``url``; nothing is asked yet.

    ``ca_file`` is a file of certificates to trust in place of the usual ones.
    """
    try:
        from aegis.proof.signing.vault_client import VaultClient  # noqa: PLC0415 -- Optional.
    except ModuleNotFoundError as error:
        raise SignerMisconfigured(
            "signer_misconfigured",
            "The library that speaks with Vault is not installed.",
            mend="pip install aegis-registry[vault]",
        ) from error
    return VaultClient(url, login, namespace=namespace, ca_file=ca_file)


class VaultTransitSigner:
    """Sign with the key ``key_name`` of the Transit engine at ``mount``, of type ecdsa-p256."""

    is_development = False

    def __init__(self, vault: Asks, key_name: str, *, mount: str = "transit") -> None:
        self._vault = vault
        self._key_name = key_name
        self._mount = mount
        self._lock = threading.Lock()
        self._report: KeyReport | None = None

    def sign(self, signed: bytes) -> SignatureResult:
        """Sign the SHA-256 of ``signed``, after looking whether the key may sign.

        Raises ``SignerAway``, ``SignerMisconfigured`` or ``KeyUnfit``.
        """
        report = self._newer_than(None)
        number, signature = self._signed(hashlib.sha256(signed).digest())
        # After a rotation elsewhere the newest version is one that was not seen yet.
        key = report.version(number) or self._newer_than(report).version(number)
        if key is None:
            raise self._strange(f"signed with version {number}, which it does not show")
        return SignatureResult(signature, self._key_name, number, key.public_key_pem, key.algorithm)

    def public_keys(self) -> Sequence[PublicKey]:
        """Return the versions that Vault shows, the newest last."""
        return self.report().versions

    @property
    def deletion_allowed(self) -> bool:
        """Whether Vault would have let the key be deleted when it was looked at last."""
        return self._report is not None and self._report.deletion_allowed

    def report(self) -> KeyReport:
        """Look at the key now, or raise why it may not sign."""
        with self._lock:
            return self._look()

    def _newer_than(self, seen: KeyReport | None) -> KeyReport:
        """Return what is fresh and is not ``seen``; of many threads that ask at once, one looks."""
        with self._lock:
            report = self._report
            fresh = report is not None and monotonic() - report.read_at < FRESH_SECONDS
            return report if report is not None and fresh and report is not seen else self._look()

    def _look(self) -> KeyReport:
        # What was seen before does not count any more, whatever comes of this look.
        self._report = None
        self._report = self._read()
        return self._report

    def _read(self) -> KeyReport:
        unknown = SignerMisconfigured(
            "signer_key_unknown",
            f"Vault has no key {self._key_name} under {self._mount}.",
            mend=f"Make it: vault write -f {self._mount}/keys/{self._key_name} type={KEY_TYPE}",
        )
        question = Question(
            f"read the key {self._key_name}",
            "read",
            f"{self._mount}/keys/{self._key_name}",
            unknown,
        )
        answer = self._vault.ask(
            question,
            lambda client: client.secrets.transit.read_key(
                name=self._key_name, mount_point=self._mount
            ),
        )
        found = answer.get("data")
        if not isinstance(found, dict):
            raise self._strange("shows nothing of the key")
        self._refuse_unfit(found)
        return KeyReport(self._versions(found), found.get("deletion_allowed") is True, monotonic())

    def _refuse_unfit(self, found: dict[str, Any]) -> None:
        name = self._key_name
        if (kind := str(found.get("type"))) != KEY_TYPE:
            raise KeyUnfit(
                "signer_key_wrong_type",
                f"The key {name} in Vault has the type {kind[:40]}; Aegis signs with {KEY_TYPE}.",
                mend=f"Make another key of the type {KEY_TYPE}, and have Aegis sign with it.",
            )
        for setting, code, means in (
            ("exportable", "signer_key_exportable", "can be exported"),
            ("allow_plaintext_backup", "signer_key_backup_allowed", "can be backed up in plain"),
        ):
            # Anything but a plain no is a yes: Vault always says it.
            if found.get(setting) is not False:
                raise KeyUnfit(
                    code,
                    f"The key {name} in Vault {means}, so others than Vault may hold it.",
                    mend="That cannot be turned off again: make another key, and have Aegis sign "
                    "with it.",
                )

    def _versions(self, found: dict[str, Any]) -> tuple[PublicKey, ...]:
        keys = found.get("keys")
        if not isinstance(keys, dict) or not keys:
            raise self._strange("shows no version of the key")
        versions = []
        for number in sorted(keys, key=lambda text: (len(text), text)):
            try:
                pem = normal_pem(keys[number]["public_key"])
                fits = _VERSION.fullmatch(number) and algorithm(pem) == ALGORITHM
            except (KeyError, TypeError, AttributeError, Unverified):
                fits = None
            if not fits:
                raise self._strange("shows a version of the key that has no public key on P-256")
            versions.append(PublicKey(self._key_name, number, pem, ALGORITHM))
        return tuple(versions)

    def _signed(self, digest: bytes) -> tuple[str, bytes]:
        path = f"{self._mount}/sign/{self._key_name}"
        answer = self._vault.ask(
            Question(f"sign with the key {self._key_name}", "update", path),
            lambda client: client.secrets.transit.sign_data(
                name=self._key_name,
                hash_input=base64.b64encode(digest).decode(),
                hash_algorithm="sha2-256",
                prehashed=True,
                marshaling_algorithm="asn1",
                mount_point=self._mount,
            ),
        )
        found = answer.get("data")
        text = found.get("signature") if isinstance(found, dict) else None
        match = _SIGNATURE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise self._strange("answers with no signature")
        try:
            return match[1], base64.b64decode(match[2], validate=True)
        except binascii.Error as error:
            raise self._strange("answers with no signature") from error

    def _strange(self, what: str) -> SignerAway:
        return SignerAway("signer_failed", f"What answers as Vault {what}, so nothing was signed.")
