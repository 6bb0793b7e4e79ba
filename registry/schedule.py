"""The timetable of the registry."""

SCHEDULE = {
    "sweep-registry": {
        "task": "registry.tasks.sweep_registry",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
