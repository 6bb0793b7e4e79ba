"""Redactions as pages show them: what it is about, how far it has come, what this person may do."""

from dataclasses import dataclass

from aegis.accounts.models import User
from aegis.problems import NotFound
from approvals.records import RedactionRecord
from registry.models import CardRevision, ModelVersion, Redaction, RegisteredModel
from registry.permissions import permissions_of
from registry.redactable import Target, find_target, redactable
from registry.redaction_guards import why_not_decide, why_not_propose, why_not_withdraw
from registry.redaction_states import is_signed, state_of


@dataclass(frozen=True, slots=True)
class RedactionLine:
    """A redaction with its state; ``target`` is None where nothing is to be found any more."""

    redaction: Redaction
    state: str
    target: Target | None
    is_signed: bool

    @property
    def title(self) -> str:
        """Return what it is about, without showing it."""
        return self.target.title if self.target else self.redaction.get_kind_display()

    @property
    def statement_path(self) -> str:
        """Return where the signed statement is downloaded."""
        version = self.redaction.version
        address = f"/api/v1/models/{version.registered_model.name}/versions/{version.number}/"
        return f"{address}redactions/{self.redaction.pk}/statement/"

    @property
    def consequence(self) -> str:
        """Return the sentences of what follows from it."""
        return redactable(self.redaction.kind).consequence


def line_of(version: ModelVersion, redaction: Redaction) -> RedactionLine:
    """Return how a redaction is shown."""
    try:
        target = find_target(version, redaction.kind, redaction.target)
    except NotFound:
        target = None
    return RedactionLine(redaction, state_of(redaction), target, is_signed(redaction))


def offered(redaction: Redaction, user: User) -> dict[str, str]:
    """Return what ``user`` may say to a redaction now: verdicts in the words of the form."""
    held = permissions_of(user, redaction.version.registered_model)
    answers: dict[str, str] = {}
    if why_not_decide(redaction, user, held) is None:
        answers |= {"approve": "Agree: it has to go", "decline": "Decline: it stays"}
    if why_not_withdraw(redaction, user, held) is None:
        answers["withdraw"] = "Take my proposal back"
    return answers


def may_propose(model: RegisteredModel, user: User) -> bool:
    """Say whether ``user`` may propose to take something out of the model's versions."""
    return why_not_propose(model, user, permissions_of(user, model)) is None


def redaction_shown(revision: CardRevision) -> RedactionRecord | None:
    """Return what took the text of a card's revision, as its tombstone shows it."""
    if revision.redaction_id is None:
        return None
    found = Redaction.objects.select_related("proposed_by", "decision__decided_by")
    redaction: Redaction = found.get(pk=revision.redaction_id)
    return RedactionRecord(
        id=redaction.pk,
        kind=redaction.kind,
        target=redaction.target,
        digest=redaction.digest,
        reason=redaction.reason,
        proposer=str(redaction.proposed_by),
        approver=str(redaction.decision.decided_by),
        at=redaction.decision.decided_at,
    )
