"""Take a version out of use for good."""

from aegis.accounts.models import User
from aegis.audit.recording import verb
from aegis.sensitive.texts import plain_text
from approvals.locking import lock_with_occupant
from approvals.models import StageTransition
from approvals.moving import move, outdate_overtaken
from approvals.stage_guards import why_not_archive
from approvals.standing import current_account
from approvals.states import TransitionKind
from registry.models import ModelVersion, Stage
from registry.permissions import permissions_of

LONGEST_REASON = 4000


@verb
def archive(version: ModelVersion, *, actor: User, reason: str) -> StageTransition:
    """Archive a ready version, whatever its stage; requests about it become stale."""
    reason = plain_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    version = lock_with_occupant(version, version.stage)
    user = current_account(actor)
    held = permissions_of(user, version.registered_model)
    if refusal := why_not_archive(version, held=held):
        raise refusal
    moved = move(version, Stage.ARCHIVED, kind=TransitionKind.ARCHIVE, actor=user, reason=reason)
    outdate_overtaken(version.registered_model)
    return moved
