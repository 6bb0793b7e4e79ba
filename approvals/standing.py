"""How a request stands: what is asked of whom, who had a hand in it, who decided what.

Read once, so that the guards of verbs and the buttons of pages are pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from aegis.accounts.models import User
from approvals.models import Decision, PolicyRevision, PromotionRequest
from approvals.policies import policies_for
from registry.makers import person_of
from registry.models import CardRevision, Evidence, ModelVersion, RegisteredModel
from registry.permissions import REVIEW, people_who_may


class Hand(StrEnum):
    """What somebody did for a version that keeps them from deciding about it."""

    ASKED = "asked"
    UPLOADED = "uploaded"
    UPLOADED_PARENT = "uploaded_parent"
    WROTE_CARD = "wrote_card"
    ATTACHED_EVIDENCE = "attached_evidence"


@dataclass(frozen=True, slots=True)
class Standing:
    """A request with all that says who may decide about it and what is missing.

    ``hands`` tells by person what they did; ``decisions`` are those that nobody dismissed,
    the oldest first; ``reviewers`` the accounts among their authors that may review now.
    """

    request: PromotionRequest
    version: ModelVersion
    model: RegisteredModel
    policies: tuple[PolicyRevision, ...]
    hands: Mapping[UUID, frozenset[Hand]]
    decisions: tuple[Decision, ...]
    present_digest: str
    reviewers: frozenset[UUID]

    def is_present(self, decision: Decision) -> bool:
        """Say whether a decision is about the version and the subject as they are now."""
        return (
            decision.subject_revision == self.version.subject_revision
            and decision.subject_digest == self.present_digest
        )

    def decision_of(self, user: User) -> Decision | None:
        """Return what this person, by whichever account, decided about the present subject."""
        for decision in self.decisions:
            if person_of(decision.decided_by) == person_of(user) and self.is_present(decision):
                return decision
        return None


def load(
    request: PromotionRequest, *, policies: Iterable[PolicyRevision] | None = None
) -> Standing:
    """Read how ``request`` stands; ``policies`` spares reading them again.

    Where ``request.version.registered_model`` is read already, it is used as it is.
    """
    version = request.version
    model: RegisteredModel = version.registered_model
    decisions = tuple(
        Decision.objects.filter(request=request, dismissal=None)
        .select_related("decided_by")
        .prefetch_related("decided_by__groups")
        .order_by("decided_at", "id")
    )
    subject = request.subjects.values_list("digest", flat=True).first()
    authors = {decision.decided_by_id for decision in decisions}
    return Standing(
        request=request,
        version=version,
        model=model,
        policies=tuple(policies_for(model, request.target) if policies is None else policies),
        hands=hands_in(version, asked=request.requested_by),
        decisions=decisions,
        present_digest=subject or "",
        reviewers=_reviewers_among(authors, model),
    )


def current_account(user: User) -> User:
    """Return ``user`` as the database knows them now, for what a session may have missed."""
    return User.objects.get(pk=user.pk)


def hands_in(version: ModelVersion, *, asked: User | None) -> dict[UUID, frozenset[Hand]]:
    """Return what each person did for ``version``, as the database's guard counts it."""
    found: dict[UUID, set[Hand]] = {}
    if asked is not None:
        found.setdefault(person_of(asked), set()).add(Hand.ASKED)
    found.setdefault(person_of(version.created_by), set()).add(Hand.UPLOADED)
    parents = ModelVersion.objects.filter(derivations__version=version)
    for parent in parents.select_related("created_by"):
        found.setdefault(person_of(parent.created_by), set()).add(Hand.UPLOADED_PARENT)
    wrote = CardRevision.objects.filter(version=version).values_list(
        "published_by_id", "published_by__same_person_as_id"
    )
    attached = Evidence.objects.filter(version=version).values_list(
        "attached_by_id", "attached_by__same_person_as_id"
    )
    for hand, accounts in ((Hand.WROTE_CARD, wrote), (Hand.ATTACHED_EVIDENCE, attached)):
        for account, first in accounts.order_by().distinct():
            found.setdefault(first or account, set()).add(hand)
    return {person: frozenset(hands) for person, hands in found.items()}


def _reviewers_among(accounts: set[UUID], model: RegisteredModel) -> frozenset[UUID]:
    if not accounts:
        return frozenset()
    people = people_who_may(REVIEW, model).filter(pk__in=accounts)
    return frozenset(people.values_list("pk", flat=True))
