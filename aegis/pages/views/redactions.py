"""Redactions of a version: the list, the proposal, and the word of the second person."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aegis.pages.finding import find_version
from aegis.pages.forms.answers import AnswerForm
from aegis.pages.forms.redactions import RedactionForm
from aegis.pages.posted import posted
from aegis.pages.redaction_lines import line_of, offered
from aegis.pages.signed_in import person
from aegis.problems import NotFound
from registry import redaction as verbs
from registry.models import ModelVersion, RedactionDecision
from registry.permissions import permissions_of
from registry.redactable import find_target, redactable
from registry.redaction_guards import why_not_decide, why_not_propose

_VERBS: Final[dict[str, Callable[..., RedactionDecision]]] = {
    "approve": verbs.approve_redaction,
    "decline": verbs.decline_redaction,
    "withdraw": verbs.withdraw_redaction,
}
_SAID = {
    "approve": "It is redacted.",
    "decline": "It stays, and the proposer reads why.",
    "withdraw": "Your proposal is taken back.",
}


@require_safe
def index(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """List what was proposed of a version, and what became of it."""
    user = person(request)
    version = find_version(user, name, number)
    found = verbs.redactions_of(version, actor=user)
    lines = [line_of(version, redaction) for redaction in found]
    return render(request, "registry/redactions.html", {"version": version, "lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask why what the address names has to go, and propose it."""
    user = person(request)
    version = find_version(user, name, number)
    held = permissions_of(user, version.registered_model)
    if refusal := why_not_propose(version.registered_model, user, held):
        raise refusal
    named = {key: request.GET.get(key, "") for key in ("kind", "target")}
    form = RedactionForm(posted(request), initial=named)
    if form.is_valid():
        made = form.act(verbs.propose_redaction, version, actor=user, **form.cleaned_data)
        if made is not None:
            messages.success(request, "It is proposed. It goes when a second person agrees.")
            return _to(version, made.pk)
    kind, key = (str(form[field].value() or "") for field in ("kind", "target"))
    context = {
        "form": form,
        "version": version,
        "target": find_target(version, kind, key),
        "consequence": redactable(kind).consequence,
    }
    return render(request, "registry/redaction_new.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, name: str, number: int, key: UUID) -> HttpResponse:
    """Show what is to go or is gone, and take what this person says to it."""
    user = person(request)
    version = find_version(user, name, number)
    redaction = verbs.redaction_of(version, key, actor=user)
    answers = offered(redaction, user)
    if request.method == "POST" and not answers:
        held = permissions_of(user, version.registered_model)
        raise why_not_decide(redaction, user, held) or NotFound("nothing_to_say", "Nothing to say.")
    form = AnswerForm(posted(request), request=request, offers=answers)
    if form.is_valid():
        verdict = form.cleaned_data["verdict"]
        if form.act(_VERBS[verdict], redaction, actor=user, **form.said) is not None:
            messages.success(request, _SAID[verdict])
            return _to(version, redaction.pk)
    context = {
        "form": form,
        "version": version,
        "line": line_of(version, redaction),
        "offered": answers,
    }
    return render(request, "registry/redaction.html", context, status=form.status)


def _to(version: ModelVersion, key: UUID) -> HttpResponse:
    return redirect("pages:redaction", version.registered_model.name, version.number, key)
