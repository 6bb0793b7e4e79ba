"""Model cards: writing, drafting, publishing, reading."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aegis.pages.card_editor import CardEditor, previewed
from aegis.pages.card_view import card_view
from aegis.pages.finding import find_version
from aegis.pages.forms.cards import CardForm
from aegis.pages.fragments import is_fragment
from aegis.pages.redaction_lines import redaction_shown
from aegis.pages.signed_in import person
from aegis.problems import NotFound
from approvals.models import Decision
from approvals.states import UNDER_WAY
from registry.cards_publishing import (
    beginning_for,
    current_card,
    discard_draft,
    publish_card,
    save_draft,
)
from registry.models import CardDraft, CardRevision, ModelVersion
from registry.permissions import CONTRIBUTE, permissions_of, require
from registry.redaction_guards import why_not_propose


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Write a card; what is sent is published, or shown as readers would see it."""
    user, version = person(request), find_version(person(request), name, number)
    require(user, CONTRIBUTE, version.registered_model)
    if request.method != "POST":
        begun = beginning_for(version, user)
        form = CardForm(initial={**begun.sections, "based_on": begun.based_on})
        return _editor(request, version, form, origin=begun.origin)
    form = CardForm(request.POST)
    if "preview" in request.POST:
        return _editor(request, version, form, is_preview=True)
    if form.is_valid() and (revision := form.act(publish_card, version, actor=user, **form.said)):
        messages.success(request, f"Revision {revision.number} of the card is published.")
        return redirect("pages:version", version.registered_model.name, number)
    return _editor(request, version, form)


@require_POST
def keep_draft(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Keep what the author has written; htmx gets how complete it is."""
    user, version = person(request), find_version(person(request), name, number)
    form = CardForm(request.POST)
    kept = form.is_valid() and form.act(save_draft, version, actor=user, **form.said) is not None
    if is_fragment(request):
        return _editor(request, version, form, template="registry/_card_progress.html")
    if kept:
        messages.success(request, "Your draft is kept. Nobody else sees it.")
        return redirect("pages:card-edit", version.registered_model.name, number)
    return _editor(request, version, form)


@require_POST
def discard(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Forget a draft."""
    version = find_version(person(request), name, number)
    discard_draft(version, actor=person(request))
    messages.success(request, "Your draft is gone.")
    return redirect("pages:card-edit", version.registered_model.name, number)


@require_safe
def read(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show a published revision of a card, the latest unless another is asked for."""
    user = person(request)
    version = find_version(user, name, number)
    revisions = list(CardRevision.objects.filter(version=version).select_related("published_by"))
    wanted = request.GET.get("revision", "")
    chosen = [one for one in revisions if wanted in {"", str(one.number)}]
    if not chosen and wanted:
        raise NotFound("revision_not_found", "The card has no such revision.")
    shown = card_view(version, chosen[0]) if chosen else None
    held = permissions_of(user, version.registered_model)
    context = {
        "version": version,
        "card": shown,
        "revisions": revisions,
        "redaction": redaction_shown(shown.revision) if shown else None,
        "may_redact": why_not_propose(version.registered_model, user, held) is None,
        "may_contribute": CONTRIBUTE in held,
    }
    return render(request, "registry/card.html", context)


def _editor(
    request: HttpRequest,
    version: ModelVersion,
    form: CardForm,
    *,
    origin: str = "",
    is_preview: bool = False,
    template: str = "registry/card_edit.html",
) -> HttpResponse:
    user = person(request)
    editor = CardEditor(
        version,
        form,
        current_card(version),
        origin,
        draft=CardDraft.objects.filter(version=version, author=user).first(),
        approvals=_approvals(version),
        is_preview=is_preview,
        preview=previewed(form) if is_preview else (),
    )
    conflict = editor.conflict
    if conflict is not None:  # Who has seen it may publish on it.
        form.rest_on(conflict.number)
    status = 200 if is_preview or template != "registry/card_edit.html" else form.status
    context = {"editor": editor, "version": version, "conflict": conflict}
    return render(request, template, context, status=status)


def _approvals(version: ModelVersion) -> tuple[Decision, ...]:
    """Return the approvals that publishing dismisses."""
    found = Decision.objects.filter(
        request__version=version, request__state__in=UNDER_WAY, verdict="approve", dismissal=None
    )
    return tuple(found.select_related("decided_by", "request").order_by("decided_at"))
