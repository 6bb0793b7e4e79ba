"""Who hears of waivers: those who can answer a proposal, and those whom the answer concerns."""

from collections.abc import Iterable

from aegis.accounts.models import User
from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from registry.addresses import version_path
from registry.models import ScanWaiver
from registry.permissions import MAINTAIN, REVIEW, people_who_may
from registry.waiver_guards import why_not_answer
from registry.waivers import state_of

_SAID = {
    "waiver:approved": "{} agreed to the waiver of {}",
    "waiver:declined": "{} declined the waiver of {}",
    "waiver:revoked": "{} ended the waiver of {}",
}


@handles("waiver:proposed")
def tell_who_can_answer(event: OutboxEvent) -> None:
    """Ask a second person, whoever it may be, for their word."""
    waiver = _waiver(event)
    said, model = state_of(waiver), waiver.version.registered_model
    staff = people_who_may(REVIEW, model) | people_who_may(MAINTAIN, model)
    held = {REVIEW, MAINTAIN, "view"}
    others = [user for user in staff.distinct() if why_not_answer(said, user, held) is None]
    title = f"{waiver.proposed_by} proposes to waive {waiver.path} of {waiver.version}"
    _tell(others, event, waiver, title, waiver.reason)


@handles(*_SAID)
def tell_whom_the_answer_concerns(event: OutboxEvent) -> None:
    """Tell whoever proposed it, and whoever uploaded the version, what was said."""
    waiver = _waiver(event)
    actor = User.objects.filter(pk=event.payload["actor"]).first()
    answer = waiver.answers.filter(answered_by=actor).last()
    people = [waiver.proposed_by, waiver.version.created_by]
    title = _SAID[event.kind].format(actor or "Aegis", f"{waiver.path} of {waiver.version}")
    others = [person for person in people if actor is None or person.pk != actor.pk]
    _tell(others, event, waiver, title, answer.comment if answer else "")


def _tell(
    people: Iterable[User], event: OutboxEvent, waiver: ScanWaiver, title: str, body: str
) -> None:
    url = f"{version_path(waiver.version)}scan/waivers/{waiver.pk}/"
    notify(people, event=event, kind=event.kind, title=title, body=body, url=url)


def _waiver(event: OutboxEvent) -> ScanWaiver:
    found = ScanWaiver.objects.select_related(
        "proposed_by", "version__created_by", "version__registered_model"
    )
    waiver: ScanWaiver = found.get(pk=event.payload["object"]["id"])
    return waiver
