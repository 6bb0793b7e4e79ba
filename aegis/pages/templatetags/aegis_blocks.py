"""The parts of pages that hold other markup: each is a block tag around it."""

from django import template
from django.utils.safestring import SafeString

from aegis.pages import statuses
from aegis.pages.partials import draw

CALLOUT_ICONS = {"": "info", "open": "info", "idle": "info"}

register = template.Library()


@register.simple_block_tag
def callout(content: str, status: str = "", icon: str = "", role: str = "") -> SafeString:
    """Draw something that the reader must weigh or mend: what happened, then what to do."""
    shown = icon or CALLOUT_ICONS.get(status, status)
    return draw("callout", content=content, status=status, icon=shown, role=role)


@register.simple_block_tag
def gate(
    content: str,
    outcome: str,
    name: str,
    note: str = "",
    anchor: str = "",
    *,
    is_open: bool | None = None,
) -> SafeString:
    """Draw a gate and, folded, its evidence; what did not pass is open unless told otherwise."""
    shown = outcome != "pass" if is_open is None else is_open
    look = statuses.look("gate", outcome)
    return draw(
        "gate", content=content, look=look, name=name, note=note, anchor=anchor, is_open=shown
    )


@register.simple_block_tag
def disclosure(
    content: str,
    title: str,
    note: str = "",
    anchor: str = "",
    *,
    is_open: bool = False,
    bar: bool = False,
    flush: bool = False,
) -> SafeString:
    """Draw a part that folds; ``bar`` tints its row, ``flush`` lets a table touch the edges."""
    parts = {"title": title, "note": note, "anchor": anchor}
    return draw("disclosure", content=content, **parts, is_open=is_open, bar=bar, flush=flush)


@register.simple_block_tag
def timeline_item(content: str, icon: str, status: str = "") -> SafeString:
    """Draw an entry of a ``<ol class="timeline">``."""
    return draw("timeline_item", content=content, icon=icon, status=status)


@register.simple_block_tag
def tabs(content: str, label: str) -> SafeString:
    """Draw a row of ``{% tab %}``."""
    return draw("tabs", content=content, label=label)


@register.simple_block_tag
def empty_state(content: str, icon: str, heading: str) -> SafeString:
    """Draw what stands where nothing is yet: why, and what to do."""
    return draw("empty_state", content=content, icon=icon, heading=heading)


@register.simple_block_tag
def snippet(content: str, anchor: str, label: str) -> SafeString:
    """Draw a command or program that can be copied; ``anchor`` is its id, ``label`` its name."""
    return draw("snippet", content=content.strip(), anchor=anchor, label=label)
