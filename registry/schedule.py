"""The timetable of the registry."""

SCHEDULE = {
    # It signs only what is due: after a recall that no hint brought to a worker, and daily.
    "publish-revocations": {
        "task": "registry.tasks.publish_revocations",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-registry": {
        "task": "registry.tasks.sweep_registry",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
