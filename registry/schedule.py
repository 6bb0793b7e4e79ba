"""The timetable of the registry."""

SCHEDULE = {
    # It signs only what is due: after a recall that no hint brought to a worker, and daily.
    "publish-revocations": {
        "task": "registry.tasks.publish_revocations",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-signing": {
        "task": "registry.tasks.sweep_signing",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "sweep-redactions": {
        "task": "registry.tasks.sweep_redactions",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # Whoever rotated a key sees its new version in the list soon, before it signs; and pages say
    # since when a signer is away without asking it.
    "note-signing-keys": {
        "task": "registry.tasks.note_signing_keys",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    # It asks what is due; how often that is depends on the settings and on how much is stored.
    "verify-packages": {
        "task": "registry.tasks.verify_packages",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-waivers": {
        "task": "registry.tasks.sweep_waivers",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-registry": {
        "task": "registry.tasks.sweep_registry",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
