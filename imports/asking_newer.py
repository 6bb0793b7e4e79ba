"""Asking for the newer commit of what a version was imported from, with one word."""

from aegis.accounts.models import User
from aegis.audit.recording import verb
from aegis.problems import Conflict
from imports.asking import Wish, ask_import
from imports.hub_origins import load_origin
from imports.models import Import, ImportState
from registry.locks import lock_model
from registry.models import ModelVersion
from registry.permissions import CONTRIBUTE, require

_UNDER_WAY = (ImportState.WAITING, ImportState.RUNNING, ImportState.PLANNED)


@verb
def ask_newer(version: ModelVersion, *, actor: User) -> Import:
    """Have the present commit of the revision that ``version`` came from imported beside it.

    The same files are chosen as then; the version gets the next free label if this one has a
    label. An import of it that is under way is returned instead of another one. ``Conflict`` for
    what comes from no revision of a hub.
    """
    require(actor, CONTRIBUTE, lock_model(version.registered_model_id))
    origin = load_origin(version)
    if origin is None or origin.watch is None:
        raise Conflict(
            "no_newer_commit",
            f"Version {version.number} follows no revision of a hub, so there is nothing newer.",
            mend="Import the repository by the name of its branch.",
        )
    job = Import.objects.get(version=version)
    under_way: Import | None = Import.objects.filter(
        registered_model=version.registered_model_id,
        source=job.source,
        reference=job.reference,
        state__in=_UNDER_WAY,
    ).first()
    if under_way is not None:
        return under_way
    return ask_import(
        actor=actor,
        source=job.source,
        reference=job.reference,
        model_name=version.registered_model.name,
        wish=Wish(label=None if version.label else ""),
    )
