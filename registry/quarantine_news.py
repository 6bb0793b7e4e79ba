"""Who hears that a version is held back, and that it is given out again."""

from django.db.models import Q, QuerySet

from aegis.accounts.models import User
from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from registry.addresses import version_path
from registry.downloads import people_who_fetched
from registry.models import ModelVersion, Quarantine
from registry.permissions import MAINTAIN, REVIEW, VIEW, people_who_may


@handles("version:quarantined")
def tell_that_it_is_held_back(event: OutboxEvent) -> None:
    """Tell the model's people, and those who were given its bytes, why the version is held back."""
    held = _quarantine(event)
    notify(
        _concerned(held.version),
        event=event,
        kind=event.kind,
        title=f"{held.version} is in quarantine",
        body=f"{held.sentence} Nobody is given its files until the quarantine is lifted. Whoever "
        "fetched them before should not use them.",
        url=version_path(held.version),
    )


@handles("version:quarantine_lifted")
def tell_that_it_is_given_out_again(event: OutboxEvent) -> None:
    """Tell the same people that a quarantine was lifted, and what else still holds the version."""
    held = _quarantine(event)
    others = Quarantine.objects.filter(version=held.version, lifted_at=None).exists()
    further = " It is still held back for another cause." if others else ""
    notify(
        _concerned(held.version),
        event=event,
        kind=event.kind,
        title=f"A quarantine of {held.version} was lifted",
        body=f"{held.lifted_because}{further}",
        url=version_path(held.version),
    )


def _quarantine(event: OutboxEvent) -> Quarantine:
    found = Quarantine.objects.select_related("version__registered_model__team")
    held: Quarantine = found.get(pk=event.payload["data"]["quarantine"])
    return held


def _concerned(version: ModelVersion) -> QuerySet[User]:
    model = version.registered_model
    staff = people_who_may(MAINTAIN, model) | people_who_may(REVIEW, model)
    seeing = people_who_may(VIEW, model)
    # Somebody who fetched it and may see it no more hears nothing of it either.
    involved = seeing.filter(
        Q(pk=version.created_by_id) | Q(pk__in=people_who_fetched(version).values("pk"))
    )
    return User.objects.filter(Q(pk__in=staff.values("pk")) | Q(pk__in=involved.values("pk")))
