"""The small parts of pages about requests: how gates stand, and when something is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aegis.pages import moments
from aegis.pages.fact_values import commit_glance
from aegis.pages.forms.of_review import ReviewForms
from aegis.pages.partials import draw
from aegis.pages.reviews import ReviewPage, review_page
from aegis.pages.signed_in import person
from aegis.pages.statuses import outcome_words, worst
from approvals.gates import GateOutcome
from approvals.review import load_review

SOON = timedelta(days=2)

register = template.Library()

register.filter("commit_glance", commit_glance)


@register.simple_tag(takes_context=True)
def review_of(context: Context, number: int) -> ReviewPage:
    """Return the review of a request for the person who is signed in, with fresh forms."""
    request: HttpRequest = context["request"]
    review = load_review(number, user=person(request))
    return review_page(review, ReviewForms().ready(request), back=request.path)


@register.simple_tag
def gates_status(outcomes: Sequence[GateOutcome]) -> SafeString:
    """Draw the gravest outcome with all of them counted, and name what did not pass."""
    grave = worst(one.outcome for one in outcomes)
    status = "fail" if grave == "error" else grave
    words = outcome_words(one.outcome for one in outcomes)
    shown = draw("status", status=status, icon=status, text=words, pill=False)
    named = ", ".join(one.title for one in outcomes if one.outcome != "pass")
    return format_html('{}<span class="cell-note">{}</span>', shown, named) if named else shown


@register.simple_tag
def due(moment: datetime | None) -> SafeString:
    """Draw when something is wanted; what is late or soon is a warning."""
    if moment is None:
        return SafeString('<span class="text-faint">no date</span>')
    shown = draw("time", moment=moments.moment(moment, moments.Form.DATE))
    left = moment - timezone.now()
    if left > SOON:
        return format_html("{}, {}", shown, moments.distance(moment, timezone.now()))
    words = "late" if left < timedelta(0) else moments.distance(moment, timezone.now())
    text = format_html("{}, {}", shown, words)
    return draw("status", status="warn", icon="clock", text=text, pill=False)
