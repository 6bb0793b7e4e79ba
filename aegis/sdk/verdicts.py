"""What a verification found: each check, each file that differs, and the verdict over all."""

from dataclasses import dataclass
from enum import StrEnum

from aegis.proof.signing.refusals import Unverified
from aegis.sdk.trust import TrustedKey


class Fault(StrEnum):
    """What is wrong with a file."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    REDACTED = "redacted"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A file that is not as it was signed. A redacted one was taken out by two people."""

    path: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, whether it holds, and the sentence that says so.

    ``is_policy`` tells a version that is genuine and may not be used from one that is not genuine.
    """

    name: str
    passed: bool
    code: str
    sentence: str
    is_policy: bool = False


def holds(name: str, code: str, sentence: str, *, is_policy: bool = False) -> Check:
    """Return a check that passed."""
    return Check(name, True, code, sentence, is_policy)  # noqa: FBT003 -- What this is for.


def fails(name: str, code: str, sentence: str, *, is_policy: bool = False) -> Check:
    """Return a check that did not pass."""
    return Check(name, False, code, sentence, is_policy)  # noqa: FBT003 -- What this is for.


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found. ``manifest_digest`` is what was signed; None before that is known.

    ``model`` and ``number`` are the version that the signature names, where it names one.
    """

    path: str
    manifest_digest: str | None
    model: str | None
    number: int | None
    key: TrustedKey | None
    files: int
    size: int
    checks: tuple[Check, ...]
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return all(check.passed for check in self.checks)

    @property
    def is_genuine(self) -> bool:
        """Whether the bytes are the signed ones, whatever the registry thinks of them now."""
        return all(check.passed for check in self.checks if not check.is_policy)

    def require(self) -> "Verification":
        """Return this if everything holds, or raise ``VerificationFailed``."""
        if not self.ok:
            raise VerificationFailed(self)
        return self


class VerificationFailed(Unverified):
    """An artifact is not what it is presented as. ``result`` says what holds and what does not."""

    def __init__(self, result: Verification) -> None:
        first = next(check for check in result.checks if not check.passed)
        super().__init__(first.code, first.sentence)
        self.result = result
