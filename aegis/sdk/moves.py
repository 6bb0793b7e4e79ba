"""The signed word that brought a version to a stage: its promotion, or a rollback to it."""

from collections.abc import Iterator, Mapping
from typing import Any

from aegis.problems import NotFound, Refusal
from aegis.proof.signing import rollback as rollbacks
from aegis.proof.signing import statement as promotions
from aegis.proof.signing.bundle import verify_statement
from aegis.proof.signing.refusals import Unverified, malformed
from aegis.proof.signing.rollback import Rollback, verify_rollback
from aegis.sdk.proofs import Proofs
from aegis.sdk.trust import TrustedKey, TrustedKeys
from aegis.sdk.verdicts import Check, Verification, fails, holds


def move_checks(
    proofs: Proofs, trusted: TrustedKeys, found: Verification, *, target: str
) -> Iterator[Check]:
    """Check that a signed statement says that what was ``found`` was brought to ``target``.

    The latest move is the one that counts: a rollback, where there was one. While its statement
    is owed the promotion before it stands for it, and a check of its own says so.
    """
    if target == rollbacks.TARGET and proofs.rollback is not None:
        yield _rollback_check(proofs.rollback, trusted, found)
        return
    yield _promotion_check(proofs, trusted, found, target)
    if target == rollbacks.TARGET and proofs.owes_rollback:
        sentence = (
            f"A rollback put it back into {target}; the statement of that is owed, since nobody "
            "could sign it yet."
        )
        yield holds("rollback", "rollback_owed", sentence, is_policy=True)


def _promotion_check(
    proofs: Proofs, trusted: TrustedKeys, found: Verification, target: str
) -> Check:
    try:
        if proofs.promotion is None:
            raise NotFound(
                "promotion_missing", f"There is no statement of a promotion to {target}."
            )
        key = _sound_key(proofs.promotion, trusted)
        said = verify_statement(proofs.promotion, public_key_pem=key.public_key_pem)
        name, digest = _subject(said)
        about = (said.get("predicateType"), digest, said["predicate"].get("target"))
        wanted = (promotions.PREDICATE_TYPE, found.manifest_digest, target)
        if about != wanted or not _is_of(found, name):
            raise Unverified(
                "promotion_of_other",
                f"The statement is not of a promotion of these files to {target}.",
            )
        approvals = len(said["predicate"]["approvals"])
    except Refusal as refusal:
        return fails("promotion", refusal.code, refusal.sentence, is_policy=True)
    people = "1 person" if approvals == 1 else f"{approvals} people"
    sentence = f"Its promotion to {target} was approved by {people} and signed with {key.title}."
    return holds("promotion", "promotion_signed", sentence, is_policy=True)


def _rollback_check(statement: bytes, trusted: TrustedKeys, found: Verification) -> Check:
    try:
        key = _sound_key(statement, trusted)
        said = verify_rollback(statement, public_key_pem=key.public_key_pem)
        is_same = said.manifest_digest == found.manifest_digest
        if not is_same or not _is_of(found, f"{said.model}@v{said.version}"):
            raise Unverified(
                "rollback_of_other", "The statement is not of a rollback to this version."
            )
    except Refusal as refusal:
        return fails("rollback", refusal.code, refusal.sentence, is_policy=True)
    return holds("rollback", "rollback_signed", _rolled_back(said, key), is_policy=True)


def _rolled_back(said: Rollback, key: TrustedKey) -> str:
    place = "" if said.replaced is None else f" in place of v{said.replaced}"
    return (
        f"It was put back into {rollbacks.TARGET}{place} at {said.at:%Y-%m-%d %H:%M} UTC by a "
        f"rollback, signed with {key.title}."
    )


def _sound_key(statement: bytes, trusted: TrustedKeys) -> TrustedKey:
    key = trusted.of_bundle(statement)
    key.refuse_if_compromised()
    return key


def _is_of(found: Verification, name: str) -> bool:
    """Say whether ``name`` is the version that was found; its signature may name the model alone.

    Then any version of that model is it which has these very files, as the caller has seen to.
    """
    if found.number is None:
        return found.model is not None and name.rpartition("@v")[0] == found.model
    return name == f"{found.model}@v{found.number}"


def _subject(statement: Mapping[str, Any]) -> tuple[str, str]:
    try:
        (subject,) = statement["subject"]
        return str(subject["name"]), str(subject["digest"]["sha256"])
    except (KeyError, TypeError, ValueError) as error:
        raise malformed("its statement lacks what it must say") from error
