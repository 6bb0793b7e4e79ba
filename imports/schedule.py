"""The timetable of imports: it finds what no hint brought to a worker."""

SCHEDULE = {
    # A sweep that waited longer than the interval is worth nothing: the next one is there.
    "sweep-imports": {
        "task": "imports.tasks.sweep_imports",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "write-owed-notes": {
        "task": "imports.tasks.write_owed_notes",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-readings": {
        "task": "imports.tasks.sweep_readings",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    # Each revision is due once a day; a round asks for those that are, and for no more than it may.
    "check-hub": {
        "task": "imports.tasks.check_hub",
        "schedule": 300.0,
        "options": {"expires": 300},
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
