"""What follows from a version's end of importing: whoever asked for it hears of it."""

from uuid import UUID

from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from imports.annotating import owe_note
from imports.converting.afterwards import have_converted
from imports.hints import hint_notes
from imports.models import HubOrigin, Import
from registry.addresses import version_path
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


@handles("version:ready", "import:known")
def convert_as_wished(event: OutboxEvent) -> None:
    """Have a version converted where that was wished for with its import, or say why it is not."""
    ended = "pk" if event.kind == "import:known" else "version"
    found = Import.objects.select_related(
        "requested_by", "version__registered_model", "same_as__registered_model"
    )
    job = found.filter(**{ended: event.payload["object"]["id"]}).first()
    step = have_converted(job) if job else None
    if job is None or job.result is None or step is None or "reason" not in step.result:
        return
    notify(
        [job.requested_by],
        event=event,
        kind="version:not_converted",
        title=f"{job.result} is not converted to {step.result['to']}",
        body=step.result["reason"],
        url=version_path(job.result),
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
