"""The public keys that somebody trusts: from PEM files, a saved ``keys.json``, or the registry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from aegis import strict_json
from aegis.problems import Invalid, NotFound
from aegis.proof.signing import keys
from aegis.proof.signing.bundle import key_hint_of
from aegis.proof.signing.refusals import Unverified

FORMAT: Final = 1
_PEM_BEGIN: Final = "-----BEGIN PUBLIC KEY-----"
_PEM_END: Final = "-----END PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that may have signed. ``hint`` is the hex sha256 by which bundles name it.

    ``compromised_at`` is when it was given up, for whatever it signed; ``is_development`` says
    that its signatures prove nothing, since its private half lies in a file of the server.
    """

    public_key_pem: str
    hint: str
    name: str = ""
    version: str = ""
    compromised_at: str | None = None
    compromised_reason: str = ""
    is_development: bool = False

    @classmethod
    def of_pem(cls, pem: str) -> Self:
        """Return the key of a PEM, which nothing else is known of."""
        normal = keys.normal_pem(pem)
        return cls(normal, keys.hint(normal))

    @property
    def title(self) -> str:
        """The key as people name it, and the beginning of its hint."""
        named = f"{self.name} v{self.version}" if self.name else "key"
        return f"{named} ({self.hint[:12]})"

    def refuse_if_compromised(self) -> None:
        """Raise ``Unverified`` if the key was given up."""
        if self.compromised_at is not None:
            reason = f": {self.compromised_reason}" if self.compromised_reason else "."
            raise Unverified(
                "key_compromised",
                f"The key {self.title} was marked compromised at {self.compromised_at}{reason}",
            )


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """A set of keys, by hint. Make it with ``load``, ``of_document`` or ``of_pems``."""

    by_hint: Mapping[str, TrustedKey]

    @classmethod
    def of_pems(cls, pems: Iterable[str]) -> Self:
        """Trust the keys of PEM texts."""
        return cls({key.hint: key for key in map(TrustedKey.of_pem, pems)})

    @classmethod
    def of_document(cls, document: Any) -> Self:
        """Trust the keys that a registry publishes at ``/.well-known/aegis/keys.json``."""
        try:
            if document["format"] != FORMAT:
                raise _unreadable(f"it is of the format {document['format']!r}")
            found = [_key(entry) for entry in document["keys"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise _unreadable("it is no list of keys") from error
        return cls({key.hint: key for key in found})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Trust the keys in a file: one or more PEMs, or a saved ``keys.json``."""
        try:
            text = path.read_text()
        except FileNotFoundError as error:
            raise NotFound("key_file_not_found", f"There is no key file {path}.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid("key_file_unreadable", f"The key file {path} cannot be read.") from error
        # A list of keys in JSON holds PEMs as well, so what it begins with decides.
        if not text.lstrip().startswith("{"):
            return cls.of_pems(_pems(text))
        try:
            document = strict_json.loads(text)
        except Invalid as error:
            raise _unreadable(f"{path} is no JSON") from error
        return cls.of_document(document)

    def of_bundle(self, bundle: bytes) -> TrustedKey:
        """Return the key that a bundle says it was signed with, if it is trusted.

        Raises ``Unverified`` with ``key_unknown`` if it is not. What the bundle says is a hint:
        the signature must be checked with the key.
        """
        hint = key_hint_of(bundle)
        found = self.by_hint.get(hint)
        if found is None:
            raise Unverified(
                "key_unknown",
                f"It was signed with the key {hint[:12]}, which is none of the "
                f"{len(self.by_hint)} trusted keys.",
                mend="Get the key from whoever signed, by a way that you trust.",
            )
        return found


def _key(entry: Mapping[str, Any]) -> TrustedKey:
    pem = keys.normal_pem(entry["public_key"])
    return TrustedKey(
        public_key_pem=pem,
        # The hint is computed: a list cannot make one key answer for another.
        hint=keys.hint(pem),
        name=str(entry["name"]),
        version=str(entry["version"]),
        compromised_at=entry.get("compromised_at"),
        compromised_reason=str(entry.get("compromised_reason") or ""),
        is_development=bool(entry.get("is_development")),
    )


def _pems(text: str) -> list[str]:
    blocks = text.split(_PEM_BEGIN)[1:]
    if not blocks:
        raise _unreadable("it holds no public key as PEM, nor a list in JSON")
    return [f"{_PEM_BEGIN}{block.split(_PEM_END)[0]}{_PEM_END}\n" for block in blocks]


def _unreadable(reason: str) -> Invalid:
    return Invalid("keys_unreadable", f"The list of keys cannot be read: {reason}.")
