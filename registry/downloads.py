"""The ledger of downloads, and who stands in it."""

from django.db.models import QuerySet

from aegis.accounts.models import ApiToken, User
from registry.models import DownloadEvent, ModelVersion
from registry.permissions import (
    MAINTAIN,
    REVIEW,
    VIEW,
    lacking,
    model_not_found,
    permissions_of,
)
from registry.readers import Part


def note_download(
    version: ModelVersion,
    *,
    actor: User,
    token: ApiToken | None,
    path: str = "",
    part: Part | None = None,
) -> DownloadEvent:
    """Write down that ``actor`` is about to be given bytes; without a ``path`` of the package.

    Doors call it after everything that could refuse, and before the first byte leaves.
    """
    kind = DownloadEvent.What.FILE if path else DownloadEvent.What.PACKAGE
    made: DownloadEvent = DownloadEvent.objects.create(
        version=version,
        what=kind,
        path=path,
        offset=part.offset if part else None,
        length=part.length if part else None,
        user=actor,
        token=token,
    )
    return made


def downloads_of(version: ModelVersion, *, actor: User) -> QuerySet[DownloadEvent]:
    """Return the ledger of a version, the latest first: to its staff and to auditors."""
    model = version.registered_model
    held = permissions_of(actor, model)
    if VIEW not in held:
        raise model_not_found(model.name)
    if not (actor.is_auditor or held & {MAINTAIN, REVIEW}):
        raise lacking(MAINTAIN, model)
    found: QuerySet[DownloadEvent] = DownloadEvent.objects.filter(version=version)
    return found.select_related("user", "token").order_by("-id")


def people_who_fetched(version: ModelVersion) -> QuerySet[User]:
    """Return the accounts that were given bytes of a version."""
    return User.objects.filter(downloads__version=version).distinct()
