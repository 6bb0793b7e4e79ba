"""Read the environment by type: a wrong value stops the start with a sentence that names it.

An empty variable counts as one that is not set, as compose files write it.
"""

import json
import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def optional(name: str) -> str | None:
    """Return the variable, or None where it is not set or empty."""
    return os.environ.get(name, "").strip() or None


def text(name: str, default: str | None = None) -> str:
    """Return the variable; without a default it must be set."""
    value = optional(name) or default
    if value is None:
        message = f"{name} is not set, and Aegis cannot start without it."
        raise ImproperlyConfigured(message)
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no."""
    value = optional(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    message = f"{name} is {value!r}; write 1 for yes or 0 for no."
    raise ImproperlyConfigured(message)


def number(name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number between ``least`` and ``most``."""
    value = optional(name)
    if value is None:
        return default
    message = f"{name} is {value!r}; write a whole number from {least} to {most}."
    try:
        result = int(value)
    except ValueError:
        raise ImproperlyConfigured(message) from None
    if not least <= result <= most:
        raise ImproperlyConfigured(message)
    return result


def listing(name: str) -> list[str]:
    """Return the parts of a comma-separated list, without empty ones."""
    return [part.strip() for part in (optional(name) or "").split(",") if part.strip()]


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """Return one of the words in ``among``."""
    value = text(name, default)
    if value not in among:
        message = f"{name} is {value!r}; write one of {', '.join(among)}."
        raise ImproperlyConfigured(message)
    return value


def json_object(name: str) -> dict[str, Any]:
    """Return a JSON object; an empty one where the variable is not set."""
    value = optional(name)
    if value is None:
        return {}
    message = f"{name} must be a JSON object, such as {{}}."
    try:
        result = json.loads(value)
    except ValueError:
        raise ImproperlyConfigured(message) from None
    if not isinstance(result, dict):
        raise ImproperlyConfigured(message)
    return result


def path(name: str, default: Path) -> Path:
    """Return an absolute path; ``~`` is the home folder."""
    return Path(optional(name) or default).expanduser().absolute()
