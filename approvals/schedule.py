"""What the beat starts for approvals."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "approvals-sweep": {
        "task": "approvals.tasks.sweep",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
}
