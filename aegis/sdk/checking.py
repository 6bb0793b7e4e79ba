"""What only the registry can say of a genuine artifact: recalled, quarantined, in which stage."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from aegis.problems import NotFound, Refusal
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.revocations import verify_revocations
from aegis.sdk.documents import Version
from aegis.sdk.downloading import promotion_statement, with_rollback
from aegis.sdk.errors import Unauthenticated
from aegis.sdk.http import Connection, quoted
from aegis.sdk.moves import move_checks
from aegis.sdk.proofs import Proofs
from aegis.sdk.retries import Patience
from aegis.sdk.trust import TrustedKeys
from aegis.sdk.verdicts import Check, Verification, fails, holds

REVOCATIONS: Final = "/.well-known/aegis/revocations.json"
# A new registry signs its first list within a minute.
_FIRST_LIST: Final = 70.0


def online_checks(
    connection: Connection,
    found: Verification,
    proofs: Proofs,
    trusted: TrustedKeys,
    *,
    require: str | None,
) -> Verification:
    """Add to ``found`` what the registry says; a verification that failed stays as it is.

    Raises ``Unreachable`` while the registry is away.
    """
    if not found.is_genuine:
        return found
    digest = found.manifest_digest
    checks = list(found.checks)
    if digest is not None:
        checks.append(_revocation_check(connection, trusted, digest))
    version, refusal = _version(connection, found, proofs)
    checks += _version_checks(version, refusal, found, require)
    if require is not None and digest is not None:
        if version is not None:
            proofs = _up_to_date(connection, version, proofs, require)
        checks += move_checks(proofs, trusted, found, target=require)
    return replace(found, checks=tuple(checks))


def offline_checks(
    found: Verification, proofs: Proofs, trusted: TrustedKeys, *, require: str | None
) -> Verification:
    """Add to ``found`` what the proofs beside it say of the stage that is required."""
    if require is None or found.manifest_digest is None or not found.is_genuine:
        return found
    checks = move_checks(proofs, trusted, found, target=require)
    return replace(found, checks=(*found.checks, *checks))


def _up_to_date(connection: Connection, version: Version, proofs: Proofs, require: str) -> Proofs:
    """Return the proofs with what was signed of the version's moves since they were fetched."""
    if proofs.promotion is None:
        statement = promotion_statement(connection, version, target=require)
        proofs = replace(proofs, promotion=statement)
    return with_rollback(connection, version, proofs)


def _revocation_check(connection: Connection, trusted: TrustedKeys, digest: str) -> Check:
    try:
        data = connection.ask("GET", REVOCATIONS, patience=Patience(_FIRST_LIST)).content
        key = trusted.of_bundle(data)
        if key.compromised_at is not None:
            raise Unverified("key_compromised", "The list of recalls is signed with a bad key.")
        listed = verify_revocations(data, public_key_pem=key.public_key_pem)
        if listed.expires_at <= datetime.now(UTC):
            raise Unverified(
                "revocations_expired",
                f"The list of recalls expired at {listed.expires_at:%Y-%m-%d %H:%M} UTC.",
                mend="Ask again; if it stays so, somebody keeps the newer list from you.",
            )
    except Refusal as refusal:
        if refusal.code == "unreachable":
            raise
        return fails("revocation", refusal.code, refusal.sentence, is_policy=True)
    if listed.names(digest):
        sentence = "The registry has recalled it: do not use it."
        return fails("revocation", "version_recalled", sentence, is_policy=True)
    sentence = f"It is on no list of recalls (list {listed.number}, {listed.issued_at:%Y-%m-%d})."
    return holds("revocation", "not_recalled", sentence, is_policy=True)


def _version(
    connection: Connection, found: Verification, proofs: Proofs
) -> tuple[Version | None, Refusal | None]:
    """Return what the registry says of the version that the signature names, if one is named.

    A signature that was brought with the files names the model alone. Which version it is the
    proofs beside the files say then, for the registry to bear out by the digest.
    """
    number = found.number if found.number is not None else proofs.number_of(found.model)
    if found.model is None or number is None:
        return None, NotFound("version_unnamed", "The signature names no version of a registry.")
    address = f"models/{quoted(found.model)}/versions/{number}/"
    try:
        return Version.of(connection.get(address)), None
    except (NotFound, Unauthenticated) as refusal:
        return None, refusal


def _version_checks(
    version: Version | None, refusal: Refusal | None, found: Verification, require: str | None
) -> Iterator[Check]:
    if version is None:
        if require is not None and refusal is not None:
            yield fails("stage", refusal.code, refusal.sentence, is_policy=True)
        return
    if version.digest != found.manifest_digest:
        sentence = f"The registry has other files as {version.name}."
        yield fails("version", "version_differs", sentence)
    held = "recalled" if version.recalled_at else "quarantined" if version.quarantined_at else None
    if held:
        sentence = f"{version.name} is {held}: do not use it."
        yield fails("version", f"version_{held}", sentence, is_policy=True)
    if require is not None:
        yield _stage_check(version, require)


def _stage_check(version: Version, require: str) -> Check:
    where = "no stage" if version.stage == "None" else version.stage
    sentence = f"{version.name} is in {where} now"
    if version.stage == require:
        return holds("stage", "stage_holds", f"{sentence}.", is_policy=True)
    return fails("stage", "stage_differs", f"{sentence}, not in {require}.", is_policy=True)
