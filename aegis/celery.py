"""The Celery application: tasks and timetables are found in the apps.

The settings say which queue a task goes to; an app's ``schedule.py`` holds ``SCHEDULE``,
entries as Celery's ``beat_schedule`` has them.
"""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import module_has_submodule

from aegis.presence import Presence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aegis.settings.local")

app = Celery("aegis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Presence)


def read_timetables() -> None:
    """Collect the SCHEDULE of every installed app; two entries of one name are a mistake."""
    timetable: dict[str, Any] = {}
    for config in apps.get_app_configs():
        if config.module is None or not module_has_submodule(config.module, "schedule"):
            continue
        schedule: dict[str, Any] = getattr(import_module(f"{config.name}.schedule"), "SCHEDULE", {})
        if twice := timetable.keys() & schedule.keys():
            message = f"Two apps schedule {', '.join(sorted(twice))}."
            raise ValueError(message)
        timetable |= schedule
    app.conf.beat_schedule = timetable


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Leave logging as Django configured it: Celery does when something listens to this signal."""


@worker_init.connect
@beat_init.connect
def refuse_unsafe_settings(**_: object) -> None:
    """Stop a worker or the beat before its first task where production settings are unsafe.

    Celery logs an exception of a listener and goes on; only SystemExit stops it.
    """
    from aegis.settings import checks

    try:
        checks.refuse_unsafe()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None
