"""Who hears of redactions: those who can agree to one, and whoever proposed it."""

from aegis.accounts.models import User
from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from registry.makers import person_of
from registry.models import Redaction
from registry.permissions import MAINTAIN, REVIEW, VIEW, people_who_may
from registry.redactable import page_of

_ASKED = " Nothing goes until a second person agrees."
_SAID = {
    "redaction:approved": "agreed to",
    "redaction:declined": "declined",
}


@handles("redaction:proposed")
def tell_those_who_can_agree(event: OutboxEvent) -> None:
    """Ask the model's reviewers and maintainers for the second word."""
    redaction = _redaction(event)
    model = redaction.version.registered_model
    staff = people_who_may(REVIEW, model) | people_who_may(MAINTAIN, model)
    first = person_of(redaction.proposed_by)
    people = [person for person in staff.distinct() if person_of(person) != first]
    _tell(people, event, redaction, f"{redaction.proposed_by} proposes a redaction", _ASKED)


@handles(*_SAID)
def tell_whoever_proposed_it(event: OutboxEvent) -> None:
    """Tell the proposer what became of it."""
    redaction = _redaction(event)
    seeing = people_who_may(VIEW, redaction.version.registered_model)
    people = list(seeing.filter(pk=redaction.proposed_by_id))
    title = f"{redaction.decision.decided_by} {_SAID[event.kind]} your redaction"
    _tell(people, event, redaction, title)


def _tell(
    people: list[User], event: OutboxEvent, redaction: Redaction, title: str, asked: str = ""
) -> None:
    what = f"{redaction.get_kind_display()} of {redaction.version}."
    notify(
        people,
        event=event,
        kind=event.kind,
        title=title,
        # The reason stays on the page: it may tell more than a letter should carry.
        body=f"{what} {redaction.get_reason_code_display()}.{asked}",
        url=page_of(redaction.version, f"redactions/{redaction.pk}/"),
    )


def _redaction(event: OutboxEvent) -> Redaction:
    found: Redaction = Redaction.objects.select_related(
        "version__registered_model", "proposed_by", "decision__decided_by"
    ).get(pk=event.payload["object"]["id"])
    return found
