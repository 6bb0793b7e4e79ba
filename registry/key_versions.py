"""The versions of signing keys: noted as the signer shows them, in a list that only grows."""

from collections.abc import Iterable

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict
from aegis.proof.signing.keys import normal_pem
from aegis.proof.signing.signer import PublicKey
from registry.models import SigningKey, SigningKeyVersion


@verb
def note_key_versions(
    key: SigningKey, *, public_keys: Iterable[PublicKey]
) -> list[SigningKeyVersion]:
    """List the public keys that the signer shows for ``key``; return those that are new.

    Raises ``Conflict``: ``signing_key_changed`` where a version that is listed has another
    public key now, ``signing_key_listed`` where the public key belongs to another key.
    """
    key = SigningKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    listed = {version.version: version for version in key.versions.all()}
    noted = []
    for shown in public_keys:
        known = listed.get(shown.key_version)
        if known is None:
            noted.append(list_version(key, shown))
        elif known.hint != shown.hint:
            raise _changed(key, shown)
    return noted


def version_that_signed(key: SigningKey, *, shown: PublicKey) -> SigningKeyVersion:
    """Return the version of ``key`` that just signed, noted if it is new; it may sign.

    Raises ``Conflict`` as ``note_key_versions`` does, and ``signing_key_compromised`` or
    ``signing_key_retired``.
    """
    found = SigningKeyVersion.objects.filter(key=key, hint=shown.hint).select_related("key").first()
    if found is None or found.version != shown.key_version:
        note_key_versions(key, public_keys=[shown])
        found = SigningKeyVersion.objects.select_related("key").get(key=key, hint=shown.hint)
    if found.is_compromised:
        raise compromised(found)
    if found.key.retired_at is not None:
        raise retired(found.key)
    return found


def compromised(version: SigningKeyVersion) -> Conflict:
    """Return the refusal to sign with a version that was marked compromised."""
    on = f"{version.compromised_at:%-d %B %Y}"
    return Conflict(
        "signing_key_compromised",
        f"Version {version.version} of the signing key {version.key} was marked compromised on "
        f"{on}, so it signs nothing any more.",
        mend="Rotate the key in the signer, or choose another one.",
        details={"key": version.key.name, "version": version.version},
    )


def retired(key: SigningKey) -> Conflict:
    """Return the refusal to sign with a key that was retired."""
    return Conflict(
        "signing_key_retired",
        f"The signing key {key} was retired on {key.retired_at:%-d %B %Y}, so it signs nothing "
        "new.",
        mend="Choose another key.",
        details={"key": key.name},
    )


def verify_only(key: SigningKey) -> Conflict:
    """Return the refusal to sign here with a key that is listed to verify only."""
    return Conflict(
        "signing_key_verify_only",
        f"The signing key {key} is listed to verify only: what signs with it lies elsewhere.",
        mend="Have the files signed there and send the signature along, or choose another key.",
        details={"key": key.name},
    )


def list_version(
    key: SigningKey, shown: PublicKey, *, given_by: User | None = None
) -> SigningKeyVersion:
    """List a public key of the locked ``key``: as its signer shows it, or as ``given_by`` gave it.

    Raises ``Conflict`` with ``signing_key_listed`` where it is listed already.
    """
    other = SigningKeyVersion.objects.filter(hint=shown.hint).select_related("key").first()
    if other is not None:
        raise Conflict(
            "signing_key_listed",
            f"The public key of version {shown.key_version} of {key} belongs to {other} in the "
            "list.",
            mend="Use the key that is listed, or rotate this one in the signer.",
            details={"key": key.name, "listed": other.key.name},
        )
    noted = SigningKeyVersion.objects.create(
        key=key,
        version=shown.key_version,
        public_key=normal_pem(shown.public_key_pem),
        hint=shown.hint,
        algorithm=shown.algorithm,
    )
    record(
        "signing_key:public_key_given" if given_by else "signing_key:version_noted",
        actor=given_by,
        about=key,
        data={"key": key.name, "version": noted.version, "hint": noted.hint},
    )
    return noted


def _changed(key: SigningKey, shown: PublicKey) -> Conflict:
    return Conflict(
        "signing_key_changed",
        f"The signer shows another public key for version {shown.key_version} of {key} than the "
        "one that is listed, so nothing is signed with it.",
        mend="Somebody replaced the key in the signer: find out who, and add it under a new name.",
        details={"key": key.name, "version": shown.key_version, "hint": shown.hint},
    )
