"""What people hear about signing keys: which one is compromised, which one changed."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.db.models import QuerySet

from aegis.accounts.models import User
from aegis.accounts.permits import administrators
from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from registry.addresses import key_path, version_path
from registry.compromises import signed_versions
from registry.models import ModelVersion, RegisteredModel, SigningJob
from registry.permissions import MAINTAIN, people_who_may

NAMED: Final = 20
"""A letter names so many versions, and counts the others."""


@handles("signing_key:compromised")
def tell_whose_versions_are_affected(event: OutboxEvent) -> None:
    """Tell the teams and maintainers of the models of which a compromised key signed versions."""
    data = event.payload["data"]
    for people, versions in _concerned(signed_versions(data["hints"])):
        notify(
            people,
            event=event,
            kind=event.kind,
            title=f"The signing key {data['key']} was marked compromised",
            body=f"It signed {_listed(versions)}. Have them signed again: they pass no gate as "
            "they are.",
            url=version_path(versions[0]) if len(versions) == 1 else key_path(data["key"]),
        )


@handles("signing_key:changed")
def tell_administrators(event: OutboxEvent) -> None:
    """Tell the administrators that somebody replaced a key in the signer."""
    data = event.payload["data"]
    notify(
        administrators(),
        event=event,
        kind=event.kind,
        title=f"The signer shows another public key for {data['key']}",
        body=f"Its version {data['version']} is not the one that is listed, so nothing is signed "
        "with it. Find out who replaced it.",
        url=key_path(data["key"]),
    )


@handles("version:signing_failed")
def tell_who_asked(event: OutboxEvent) -> None:
    """Tell a maintainer that the version could not be signed again as they asked."""
    found = SigningJob.objects.select_related("requested_by", "version__registered_model")
    job = found.filter(version=event.payload["object"]["id"]).first()
    if job is None:
        return
    # An administrator who asked for all versions of a key reads how it goes on the key's page.
    maintainers = people_who_may(MAINTAIN, job.version.registered_model)
    notify(
        maintainers.filter(pk=job.requested_by_id),
        event=event,
        kind=event.kind,
        title=f"{job.version} could not be signed again",
        body=job.error,
        url=version_path(job.version),
    )


def _concerned(affected: QuerySet[ModelVersion]) -> list[tuple[list[User], list[ModelVersion]]]:
    """Return people with the versions that concern them, those of the same ones together."""
    by_person: dict[User, list[ModelVersion]] = defaultdict(list)
    by_model: dict[RegisteredModel, list[ModelVersion]] = defaultdict(list)
    rows = affected.select_related("registered_model__team")
    for version in rows.order_by("registered_model__name_key", "number"):
        by_model[version.registered_model].append(version)
    for model, versions in by_model.items():
        for person in _people_of(model):
            by_person[person] += versions
    together: dict[tuple[object, ...], list[User]] = defaultdict(list)
    for person, versions in by_person.items():
        together[tuple(version.pk for version in versions)].append(person)
    return [(people, by_person[people[0]]) for people in together.values()]


def _people_of(model: RegisteredModel) -> Iterable[User]:
    members = User.objects.filter(groups=model.team.group_id, is_active=True)
    return {*members, *people_who_may(MAINTAIN, model)}


def _listed(versions: list[ModelVersion]) -> str:
    names = ", ".join(str(version) for version in versions[:NAMED])
    more = len(versions) - NAMED
    return f"{names} and {more} more" if more > 0 else names
