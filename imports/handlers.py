"""What follows from a version's end of importing: whoever asked for it hears of it."""

from uuid import UUID

from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from aegis.problems import Refusal
from imports.annotating import owe_note
from imports.converting.asking import ask_conversion
from imports.hints import hint_notes
from imports.models import HubOrigin, Import
from registry.addresses import version_path
from registry.models import ModelVersion
from registry.permissions import VIEW, permissions_of


@handles("version:ready", "version:failed")
def tell_the_requester(event: OutboxEvent) -> None:
    """Tell whoever asked for an import how it ended."""
    found = Import.objects.select_related("requested_by", "version__registered_model")
    job = found.filter(version=event.payload["object"]["id"]).first()
    if job is None:
        return
    version = job.made
    if event.kind == "version:ready":
        title = f"{version} is ready"
        body = "Its files are stored and signed. Document it, then ask for its promotion."
        held = version.quarantines.filter(lifted_at=None).first()
        if held is not None:
            title = f"{version} is imported, and in quarantine"
            body = f"{held.sentence} Nobody is given its files. Its page says what would mend it."
    else:
        title = f"{version} could not be imported"
        # The version may have been tried again since; the event keeps only the code.
        body = version.failure or "It has been tried again since."
    notify(
        [job.requested_by],
        event=event,
        kind=event.kind,
        title=title,
        body=body,
        url=version_path(version),
    )


@handles("version:outdated")
def tell_of_a_newer_commit(event: OutboxEvent) -> None:
    """Tell whoever imported a version that the hub has a newer commit, if they still see it."""
    found = HubOrigin.objects.with_newer().select_related("version__registered_model")
    origin = found.filter(version=event.payload["object"]["id"]).first()
    if origin is None:
        return
    version = origin.version
    importer = Import.objects.select_related("requested_by").get(version=version).requested_by
    if VIEW not in permissions_of(importer, version.registered_model):
        return
    notify(
        [importer],
        event=event,
        kind=event.kind,
        title=f"{origin.repo} has a newer commit than {version}",
        body="Nothing follows from it by itself. The version's page imports it, beside this one.",
        url=f"{version_path(version)}#source",
    )


@handles("version:ready")
def convert_as_wished(event: OutboxEvent) -> None:
    """Have a version converted where that was asked for with its import."""
    found = Import.objects.select_related("requested_by", "version__registered_model")
    job = found.filter(version=event.payload["object"]["id"]).first()
    to = job.asked.get("convert") if job else None
    if job is None or not to or _is_converted(job):
        return
    try:
        ask_conversion(job.made, actor=job.requested_by, to=to)
    except Refusal as refusal:
        notify(
            [job.requested_by],
            event=event,
            kind="version:not_converted",
            title=f"{job.made} is not converted to {to}",
            body=refusal.in_full,
            url=version_path(job.made),
        )


def _is_converted(job: Import) -> bool:
    """Say whether the conversion was asked for: an event may be told twice."""
    asked = Import.objects.filter(
        source=ModelVersion.Source.CONVERSION,
        registered_model=job.registered_model,
        reference__version=str(job.version_id),
    )
    return bool(asked.exists())


@handles(
    "version:ready",
    "version:promoted",
    "version:superseded",
    "version:rolled_back",
    "version:archived",
    "version:taken_out",
)
def tell_the_origin(event: OutboxEvent) -> None:
    """Have it noted where a version comes from what became of it."""
    if owe_note(UUID(event.payload["object"]["id"])):
        hint_notes()
