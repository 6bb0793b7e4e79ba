"""The timetable of imports: it finds what no hint brought to a worker."""

SCHEDULE = {
    # A sweep that waited longer than the interval is worth nothing: the next one is there.
    "sweep-imports": {
        "task": "imports.tasks.sweep_imports",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "write-owed-notes": {
        "task": "imports.tasks.write_owed_notes",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-ended-imports": {
        "task": "imports.tasks.sweep_ended_imports",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    # Most of the time it finds nothing: rules change with a new release.
    "sweep-rescans": {
        "task": "imports.tasks.sweep_rescans",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
}
