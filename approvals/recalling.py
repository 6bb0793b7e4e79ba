"""Take a version back for good: nobody is given it any more, and it leaves its stage at once."""

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.sensitive.texts import plain_text
from approvals.locking import lock_with_occupant
from approvals.moving import move, outdate_overtaken
from approvals.stage_guards import why_not_recall
from approvals.standing import current_account
from approvals.states import TransitionKind
from registry.models import ModelVersion, Recall, Stage
from registry.permissions import permissions_of

LONGEST_REASON = 4000
IN_USE = (Stage.STAGING, Stage.PRODUCTION)


@verb
def recall(version: ModelVersion, *, actor: User, reason: str) -> Recall:
    """Recall a ready version; in Staging or Production it is archived in the same act.

    Needs nothing but the database. Requests about the version become stale; the signed list of
    revocations and the letters to those who fetched it follow.
    """
    reason = plain_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    version = lock_with_occupant(version, version.stage)
    user = current_account(actor)
    held = permissions_of(user, version.registered_model)
    if refusal := why_not_recall(version, held=held):
        raise refusal
    stage = version.stage
    recalled = Recall.objects.create(version=version, reason=reason, stage=stage, recalled_by=user)
    version.refresh_from_db(fields=["recalled_at"])
    if stage in IN_USE:
        move(version, Stage.ARCHIVED, kind=TransitionKind.RECALL, actor=user, reason=reason)
    outdate_overtaken(version.registered_model)
    record(
        "version:recalled",
        actor=user,
        about=version,
        model_id=version.registered_model_id,
        data={"version": version.number, "digest": version.digest, "stage": stage},
        texts={"reason": reason},
    )
    return recalled
