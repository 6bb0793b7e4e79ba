"""Asking the hub daily whether it has a newer commit of what was imported from it.

One small question for each revision, however many versions are of it. A hub that asks to be left
alone ends the round, and none of its revisions is due before it may be asked again.
"""

import time
from datetime import timedelta
from typing import Final

import structlog
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from aegis.audit.recording import record, verb
from aegis.leases import Lease, TakenOver
from aegis.problems import Refusal, Unavailable
from imports.hub_origins import endpoint_now
from imports.models import HubOrigin, RevisionWatch
from imports.sources.configured import hub
from imports.sources.huggingface.source import HuggingFaceSource

log = structlog.get_logger(__name__)

DAILY: Final = timedelta(days=1)
LATER: Final = timedelta(hours=1)
"""A hub that does not answer is asked again after this."""
MOST_FAULTS: Final = 3
"""After so many answers in a row that were none, the hub is left alone until the next round."""


class Held(Lease[RevisionWatch]):
    """A worker's hold on the watch of a revision."""

    length = timedelta(minutes=2)

    @classmethod
    def unfinished(cls) -> QuerySet[RevisionWatch]:
        """Return all watches: nothing is looked at for good."""
        found: QuerySet[RevisionWatch] = RevisionWatch.objects.all()
        return found

    @classmethod
    def under_way(cls) -> QuerySet[RevisionWatch]:
        """Return the watches that nobody let go of."""
        return cls.unfinished().filter(lease_until__isnull=False)


def check_due(*, seconds: float, most: int) -> int:
    """Ask for the revisions that are due, the longest first; return how many that were.

    It ends after ``seconds`` or ``most`` of them. Safe to run at any time, twice, and to be killed.
    """
    source = hub()
    until = time.monotonic() + seconds
    done = faults = 0
    while done < most and faults < MOST_FAULTS and time.monotonic() < until:
        held = _claim_next()
        if held is None:
            break
        done += 1
        try:
            faults = 0 if _check(held, source) else faults + 1
        except _LeftAlone:
            break
    return done


@verb
def note_commit(held: Held, commit: str) -> RevisionWatch:
    """Keep which commit the hub named; a newer one is recorded of the versions that it outdates.

    Raises ``TakenOver`` without the claim.
    """
    watch = held.lock()
    now = timezone.now()
    is_new = commit != watch.commit
    if is_new:
        watch.commit, watch.seen_at = commit, now
    watch.asked_at, watch.due_at, watch.lease_until = now, now + DAILY, None
    watch.error_code = watch.error = ""
    watch.failing_since = None
    watch.save()
    if is_new:
        _record_newer(watch)
    return watch


def _record_newer(watch: RevisionWatch) -> None:
    outdated = HubOrigin.objects.filter(watch=watch).in_use().newest_of_models().outdated()
    for origin in outdated.select_related("version"):
        record(
            "version:outdated",
            actor=None,
            about=origin.version,
            model_id=origin.version.registered_model_id,
            data={
                "number": origin.version.number,
                "repo": watch.repo,
                "commit": origin.commit,
                "newer": watch.commit,
            },
        )


def _claim_next() -> Held | None:
    in_use = HubOrigin.objects.in_use().filter(watch=OuterRef("pk"))
    due = RevisionWatch.objects.filter(
        Exists(in_use), endpoint=endpoint_now(), due_at__lte=timezone.now()
    )
    return Held.claim(due.order_by("due_at", "pk"))


def _check(held: Held, source: HuggingFaceSource) -> bool:
    """Ask for one revision; say whether the hub answered at all."""
    watch = RevisionWatch.objects.get(pk=held.job)
    try:
        note_commit(held, source.latest_commit(watch.repo, watch.revision))
    except Unavailable as away:
        _wait(held, watch, away)
        return False
    except Refusal as refusal:
        # That it is gone or closed is an answer, which holds for a day as any other.
        _let_go(held, watch, refusal, after=DAILY)
    except TakenOver:
        log.warning("hub.taken_over", watch=str(held.job))
    except Exception:
        # A mistake of ours must not stop the revisions after this one.
        log.exception("hub.broke_off", watch=str(held.job))
        held.rows().update(due_at=timezone.now() + LATER, lease_until=None)
    return True


def _wait(held: Held, watch: RevisionWatch, away: Unavailable) -> None:
    asked_for = timedelta(seconds=away.details.get("retry_after") or 0)
    if not asked_for:
        _let_go(held, watch, away, after=LATER)
        return
    # It is no fault of this revision: the hub asks for a pause, and gets it.
    until = timezone.now() + asked_for
    held.rows().update(lease_until=None)
    hurried = RevisionWatch.objects.filter(endpoint=watch.endpoint, due_at__lt=until)
    log.warning("hub.busy", until=until.isoformat(), put_off=hurried.update(due_at=until))
    raise _LeftAlone


def _let_go(held: Held, watch: RevisionWatch, refusal: Refusal, *, after: timedelta) -> None:
    now = timezone.now()
    log.warning("hub.no_answer", repo=watch.repo, revision=watch.revision, code=refusal.code)
    held.rows().update(
        due_at=now + after,
        lease_until=None,
        error_code=refusal.code,
        error=refusal.sentence,
        failing_since=watch.failing_since or now,
    )


class _LeftAlone(Exception):  # noqa: N818 -- What the hub asked for, not what is wrong.
    """The hub asks to be left alone for a while."""
