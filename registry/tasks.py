"""The worker's side of the registry."""

from celery import shared_task

from registry.sweeping import sweep


@shared_task
def sweep_registry() -> int:
    """Clear away what was begun and never finished. Safe to run at any time and twice."""
    return sweep()
