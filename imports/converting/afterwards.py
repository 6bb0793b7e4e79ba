"""Having a version converted once its import is done, where that was wished for with it."""

from django.db import transaction
from django.utils import timezone

from aegis.problems import Refusal
from imports.converting.asking import ask_conversion
from imports.models import Import, ImportStep


@transaction.atomic
def have_converted(job: Import) -> ImportStep | None:
    """Ask for the conversion of what ``job`` ended with, and keep in its step what came of that.

    Returns the step, or None where nothing is wished for. Safe to run twice: it is asked for once.
    """
    steps = job.steps.select_for_update().filter(name=ImportStep.Name.CONVERT)
    step: ImportStep | None = steps.exclude(result__to="").first()
    if step is None or step.started_at is not None:
        return step
    assert job.result is not None
    step.started_at = timezone.now()
    try:
        asked = ask_conversion(job.result, actor=job.requested_by, to=step.result["to"])
    except Refusal as refusal:
        step.result |= {"code": refusal.code, "reason": refusal.in_full}
    else:
        step.result |= {"import": str(asked.pk)}
    step.finished_at = timezone.now()
    step.save()
    return step
