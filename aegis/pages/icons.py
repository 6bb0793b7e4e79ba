"""The icon sprite: one file that browsers cache, of which each icon is a reference.

A reference is shorter than the drawing, needs no list of symbols in each page, and
works in fragments that htmx swaps in.
"""

from functools import cache, lru_cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

SPRITE = "aegis/icons.svg"


@cache
def sprite_address() -> str:
    """Return the address of the sprite; static files do not move while the server runs."""
    return static(SPRITE)


@lru_cache(maxsize=512)
def icon_markup(name: str, *, extra: str = "", label: str = "") -> SafeString:
    """Return the ``<svg>`` that shows ``icon-<name>``; ``label`` speaks where no word stands by."""
    voice = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else SafeString('aria-hidden="true"')
    )
    return format_html(
        '<svg class="{}" {}><use href="{}#icon-{}"/></svg>',
        f"icon {extra}".strip(),
        voice,
        sprite_address(),
        name,
    )
