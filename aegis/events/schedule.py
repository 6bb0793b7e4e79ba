"""The timetable of what is owed: it finds what no hint brought to a worker."""

SCHEDULE = {
    # A hint that waited longer than the interval is worth nothing: the next one is there.
    "dispatch-outbox": {
        "task": "aegis.events.tasks.dispatch_outbox",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "send-letters": {
        "task": "aegis.events.tasks.send_letters",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
}
