"""What follows from a version's end of importing: whoever asked for it hears of it."""

from uuid import UUID

from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from imports.annotating import owe_note
from imports.hints import hint_notes
from imports.models import Import
from registry.addresses import version_path


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
