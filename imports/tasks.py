"""The worker's side of imports."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from imports.annotating import owed_notes, write_note
from imports.claims import claimable
from imports.converting.sweeping import sweep_rooms
from imports.hints import hint, hint_rescan, is_crowded
from imports.hub_watching import check_due
from imports.reading_back import read, waiting_readings
from imports.rescan_claims import free_rescans
from imports.rescanning import plan_rescans, rescan
from imports.running import run
from imports.sweeping import sweep_ended

HOURS = 3600
MOST_HINTS = 50
MOST_NOTES = 20
MOST_READINGS = 20
MOST_REVISIONS = 100
"""In one round of five minutes: a fifth of what the public hub answers strangers in that time."""
HUB_SECONDS = 120.0


@shared_task(soft_time_limit=6 * HOURS, time_limit=6 * HOURS + 60)
def run_import(job: str) -> None:
    """Run an import, unless another worker has it. Safe to run at any time and twice."""
    run(UUID(job))


@shared_task(soft_time_limit=6 * HOURS, time_limit=6 * HOURS + 60)
def run_rescan(job: str) -> None:
    """Scan a version again, unless another worker does. Safe to run at any time and twice."""
    rescan(UUID(job))


@shared_task
def sweep_rescans() -> int:
    """Plan what is due by other rules, and hint at what nobody works on; return how many."""
    plan_rescans()
    free = free_rescans().order_by("requested_at").values_list("pk", flat=True)
    found = list(free[:MOST_HINTS])
    if found and not is_crowded(run_rescan):
        for job in found:
            hint_rescan(job)
    return len(found)


@shared_task
def write_owed_notes() -> int:
    """Write what origins are owed to be told; return how many that were. Safe to run twice."""
    owed = owed_notes(timezone.now()).select_related("job__version__registered_model")
    notes = list(owed[:MOST_NOTES])
    for note in notes:
        write_note(note.job)
    return len(notes)


@shared_task
def read_run(reading: str) -> None:
    """Read the run of a version back, unless another worker does. Safe to run twice."""
    read(UUID(reading))


@shared_task
def sweep_readings() -> int:
    """Make the readings that no hint brought to a worker; return how many. Safe to run twice."""
    keys = list(waiting_readings().values_list("pk", flat=True)[:MOST_READINGS])
    for key in keys:
        read(key)
    return len(keys)


@shared_task
def check_hub() -> int:
    """Ask the hub for the revisions that are due; return how many. Safe to run twice."""
    return check_due(seconds=HUB_SECONDS, most=MOST_REVISIONS)


@shared_task
def sweep_ended_imports() -> int:
    """Clear away what failed and cancelled imports have downloaded. Safe to run twice."""
    return sweep_ended() + sweep_rooms()


@shared_task
def sweep_imports() -> int:
    """Hint at the imports that nobody works on, the oldest first; return how many there are.

    Among them are those of workers that died, once their lease is over.
    """
    free = claimable().order_by("number").values_list("pk", flat=True)[:MOST_HINTS]
    if free and not is_crowded(run_import):
        for job in free:
            hint(job)
    return len(free)
