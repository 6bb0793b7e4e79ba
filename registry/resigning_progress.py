"""How far signing again has come after a key was compromised."""

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from registry.compromises import affected_versions, signed_versions
from registry.models import SigningJob, SigningKey, SigningState
from registry.resigning import compromised_hints


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the versions that a compromised key signed: ``left`` are not signed again yet.

    ``waiting`` of those wait for a worker or the signer; ``failed`` could not be signed.
    """

    total: int
    left: int
    waiting: int
    failed: int

    @property
    def done(self) -> int:
        """Return how many are signed again."""
        return self.total - self.left

    @property
    def unasked(self) -> int:
        """Return how many nobody has had signed again, or in vain."""
        return self.left - self.waiting


def progress_of(key: SigningKey) -> Progress:
    """Return how far the versions are that compromised versions of ``key`` signed."""
    hints = compromised_hints(key)
    if not hints:
        return Progress(0, 0, 0, 0)
    last = SigningJob.objects.filter(version=OuterRef("pk")).order_by("-requested_at", "-id")
    states = list(
        affected_versions(hints)
        .annotate(last_job=Subquery(last.values("state")[:1]))
        .values_list("last_job", flat=True)
    )
    return Progress(
        total=signed_versions(hints).count(),
        left=len(states),
        waiting=states.count(SigningState.WAITING),
        failed=states.count(SigningState.FAILED),
    )
