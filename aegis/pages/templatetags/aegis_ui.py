"""The small parts of pages: values, words and marks. Each tag draws a template of ``_partials/``.

``templates/_partials/README.md`` lists every part with its parameters; parts that
hold other markup are in ``aegis_blocks``.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.template import Context
from django.utils.safestring import SafeString

from aegis.accounts.models import User
from aegis.pages import formatting, icons, moments, stages, statuses
from aegis.pages.deltas import Delta
from aegis.pages.limits import LimitUse
from aegis.pages.metrics import metric_cells
from aegis.pages.partials import part
from approvals.metric_rows import MetricRow
from registry.models import ModelVersion

Parts = dict[str, Any]

register = template.Library()

register.filter("filesize", formatting.filesize)
register.filter("thousands", formatting.thousands)
register.filter("short_digest", formatting.short_digest)
register.filter("full_digest", formatting.full_digest)
register.filter("initials", formatting.initials)
register.filter("metric_value", formatting.metric_text)
register.filter("outcome_words", statuses.outcome_words)
register.filter("worst_outcome", statuses.worst)


@register.filter
def stage_name(value: str | None) -> str:
    """Return the name of a stage as pages say it."""
    return stages.stage_look(value).name


@register.simple_tag
def icon(name: str, extra: str = "", label: str = "") -> SafeString:
    """Draw an icon of the sprite; ``label`` speaks where no word stands beside it."""
    return icons.icon_markup(name, extra=extra, label=label)


@register.simple_tag
def icon_sprite() -> str:
    """Return the address of the sprite, for scripts that change an icon."""
    return icons.sprite_address()


@part(register)
def stage(value: str | None) -> Parts:
    """Draw the stage of a version."""
    return {"stage": stages.stage_look(value)}


@part(register, "status")
def outcome(subject: str, value: str, text: str = "", *, pill: bool = False) -> Parts:
    """Draw an outcome or state of ``subject`` (a table of ``statuses.LOOKS``)."""
    seen = statuses.look(subject, value)
    return {"status": seen.status, "icon": seen.icon, "text": text or seen.word, "pill": pill}


@part(register, "status")
def version_state(version: ModelVersion, *, pill: bool = False) -> Parts:
    """Draw how a version stands: recalled before all else, then quarantined."""
    seen = statuses.look("version", version.held_back or version.state)
    return {"status": seen.status, "icon": seen.icon, "text": seen.word, "pill": pill}


@part(register)
def status(status: str, text: str, icon: str = "", *, pill: bool = False) -> Parts:
    """Draw a verdict in words of the page's own."""
    return {"status": status, "icon": icon or status, "text": text, "pill": pill}


@part(register)
def person(user: User | None, note: str = "") -> Parts:
    """Draw a person; nobody is Aegis itself."""
    return {"name": str(user) if user else "Aegis", "is_system": user is None, "note": note}


@part(register)
def digest(value: str, label: str = "digest", *, full: bool = False, copy: bool = True) -> Parts:
    """Draw a digest that can be copied; ``full`` where somebody signs for it."""
    whole = formatting.full_digest(value)
    shown = whole if full else formatting.short_digest(whole)
    return {"value": whole, "shown": shown, "label": label, "full": full, "copy": copy}


@part(register)
def copy_button(text: str = "", label: str = "text", source: str = "") -> Parts:
    """Draw a button that copies ``text``, or the text of the element with the id ``source``."""
    return {"text": text, "label": label, "source": source}


@part(register, "time")
def moment(value: datetime | date | None, form: str = moments.Form.MINUTE) -> Parts:
    """Draw a moment as ``date``, ``minute``, ``clock``, ``second`` or ``ago``."""
    return {"moment": moments.moment(value, form) if value else None}


@part(register)
def delta(value: Delta) -> Parts:
    """Draw a change of a metric."""
    return {"delta": value}


@part(register)
def limit_bar(use: LimitUse, label: str) -> Parts:
    """Draw what is left to a limit: in words, and as the share used if there is a scale."""
    return {"use": use, "label": label}


@part(register)
def metrics_table(rows: Iterable[MetricRow], new: str, old: str = "") -> Parts:
    """Draw a comparison's metrics; ``new`` and ``old`` name the versions, if there are two."""
    cells = [metric_cells(row) for row in rows]
    return {
        "rows": cells,
        "new": new,
        "old": old,
        "has_limits": any(row.use for row in cells),
        "has_bars": any(row.use and row.use.used is not None for row in cells),
        "has_intervals": any(row.interval for row in cells),
    }


@part(register)
def risk_tier(tier: int, name: str) -> Parts:
    """Draw a risk tier, always with its word."""
    return {"tier": tier, "name": name}


@part(register)
def approvals(given: int, needed: int) -> Parts:
    """Draw how many approvals of how many there are."""
    spots = [{"x": 6 + 14 * n, "is_given": n < given} for n in range(needed)]
    return {"given": given, "needed": needed, "spots": spots, "width": 14 * needed}


@part(register)
def steps(items: Iterable[tuple[str, str]], label: str = "Steps") -> Parts:
    """Draw a job's steps: names with ``done``, ``running``, ``waiting`` or ``failed``."""
    drawn = [
        {"name": name, "state": state, "look": statuses.look("step", state)}
        for name, state in items
    ]
    return {"steps": drawn, "label": label}


@part(register)
def checklist_item(
    status: str, text: str, note: str = "", url: str = "", link: str = "", icon: str = ""
) -> Parts:
    """Draw a line of a checklist: what, how it stands, and the link that mends it."""
    shown = {"status": status, "icon": icon or status, "text": text}
    return shown | {"note": note, "url": url, "link": link}


@part(register)
def breadcrumbs(*parts: str) -> Parts:
    """Draw the way here: label and address in turn, and last the label of this page."""
    crumbs = [
        {"label": label, "url": url} for label, url in zip(parts[:-1:2], parts[1:-1:2], strict=True)
    ]
    return {"crumbs": crumbs, "here": parts[-1]}


@part(register)
def tab(
    label: str,
    url: str,
    count: int | Literal[""] | None = None,
    *,
    current: bool = False,
    attention: bool = False,
) -> Parts:
    """Draw a tab inside ``{% tabs %}``: a link to a page. A count that is not known is left out."""
    known = None if count == "" else count
    return {"label": label, "url": url, "count": known, "current": current, "attention": attention}


@part(register)
def field(
    field: BoundField,
    label: str = "",
    *,
    code: bool = False,
    segmented: bool = False,
    hide_label: bool = False,
    mark_optional: bool = True,
) -> Parts:
    """Draw a form's field with label, help and errors.

    ``code`` sets its text in the code font; ``segmented`` draws radios in one row.
    """
    return {
        "field": field,
        "kind": field.widget_type,
        "label": label or field.label,
        "code": code,
        "segmented": segmented,
        "hide_label": hide_label,
        "is_optional": mark_optional and not field.field.required,
    }


@part(register)
def form_errors(form: BaseForm) -> Parts:
    """Draw what is wrong with a form as a whole, and where in it the rest is wrong."""
    fields = [form[name] for name in form.errors if name in form.fields]
    wrong = [bound for bound in fields if not bound.is_hidden]
    return {"form": form, "wrong": wrong, "hidden": [b for b in fields if b.is_hidden]}


@part(register)
def toast(level: str, text: str) -> Parts:
    """Draw a message of ``django.contrib.messages`` in the corner."""
    return {"look": statuses.look("message", level), "text": text}


@part(register, takes_context=True)
def pagination(context: Context, page: Page, name: str = "page", what: str = "") -> Parts:
    """Draw numbered pages; the other parameters of the address stay."""
    query = context["request"].GET.copy()

    def address(number: int) -> str:
        query[name] = str(number)
        return f"?{query.urlencode()}"

    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    links: list[Mapping[str, Any]] = [
        {"number": n, "url": address(n) if isinstance(n, int) else "", "current": n == page.number}
        for n in numbers
    ]
    return {
        "page": page,
        "links": links,
        "what": what,
        "previous": address(page.previous_page_number()) if page.has_previous() else "",
        "next": address(page.next_page_number()) if page.has_next() else "",
    }


@part(register)
def cursor_pagination(newer: str = "", older: str = "", text: str = "") -> Parts:
    """Draw the way to newer and older entries of a long list, by their addresses."""
    return {"newer": newer, "older": older, "text": text}
