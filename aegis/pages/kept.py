"""What somebody typed into a form that the answer does not show again, so that it is not lost."""

from typing import Final

from django.http import HttpRequest

Kept = tuple[tuple[str, str], ...]

# What pages carry along; nobody typed it.
_CARRIED: Final = frozenset(
    {"csrfmiddlewaretoken", "next", "back", "based_on", "subject_digest", "upload", "key"}
)
_MOST: Final = 50


def kept_text(request: HttpRequest) -> Kept:
    """Return names and texts of what was posted; nothing of a password."""
    if request.method != "POST":
        return ()
    typed = (
        (name.replace("_", " ").capitalize(), text)
        for name, text in request.POST.items()
        if isinstance(text, str) and text.strip() and _was_typed(name)
    )
    return tuple(typed)[:_MOST]


def _was_typed(name: str) -> bool:
    return name not in _CARRIED and "password" not in name
