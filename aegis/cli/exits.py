"""What the command ends with, so that a CI job can gate on it."""

from enum import IntEnum

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from aegis.proof.signing.refusals import Unverified
from aegis.sdk import BadAnswer, Failed, Unauthenticated, Unreachable, VerificationFailed


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "failed; for `verify`: these are not the signed files",
    Exit.WRONG_USAGE: "wrong usage, or input that is not what it must be",
    Exit.REFUSED: "refused by a rule: a missing right, a policy, a recalled version",
    Exit.NOT_FOUND: "not found, or not for you",
    Exit.UNREACHABLE: "the registry, or what an import needs, cannot be reached",
    Exit.INTERRUPTED: "interrupted; it says with what command to go on",
}

# The first that fits; subclasses stand before their bases.
_CODES: tuple[tuple[type[Refusal], Exit], ...] = (
    (Unverified, Exit.FAILED),
    (Failed, Exit.FAILED),
    (BadAnswer, Exit.FAILED),
    (Unreachable, Exit.UNREACHABLE),
    (NotFound, Exit.NOT_FOUND),
    (Invalid, Exit.WRONG_USAGE),
    (Unauthenticated, Exit.REFUSED),
    (Forbidden, Exit.REFUSED),
    (Conflict, Exit.REFUSED),
)


def exit_of(refusal: Refusal) -> Exit:
    """Return what the command ends with after ``refusal``."""
    if isinstance(refusal, VerificationFailed) and refusal.result.is_genuine:
        return Exit.REFUSED
    return next((code for kind, code in _CODES if isinstance(refusal, kind)), Exit.FAILED)
