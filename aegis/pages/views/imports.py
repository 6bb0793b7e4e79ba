"""Imports: what comes in, how far it is, asking for more, starting, cancelling, trying again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aegis.accounts.models import User
from aegis.pages.forms.conversions import StartForm
from aegis.pages.forms.imports import ImportForm, typed_for
from aegis.pages.import_offers import load_offers
from aegis.pages.import_page import ImportPage, load_import_page
from aegis.pages.import_query import find_import, import_views, imports_of
from aegis.pages.imports_page import load_imports_page
from aegis.pages.posted import posted
from aegis.pages.signed_in import person
from imports.asking import ask_import, cancel, retry, start
from registry.uploads import discard_upload, get_upload


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show the imports that this person may see, the newest first, and ask for another."""
    user, chosen = person(request), request.GET
    offers = load_offers(user)
    form = ImportForm(posted(request), offers=offers, initial=_initial(user, chosen))
    if form.is_valid():
        waits = "at_once" not in request.POST
        job = form.act(ask_import, actor=user, waits_for_start=waits, **form.asked)
        if job is not None:
            return redirect("pages:import", job.number)
    page = load_imports_page(
        user,
        number=chosen.get("page", "1"),
        state=chosen.get("state", ""),
        is_mine="mine" in chosen,
    )
    context = {"page": page, "form": form, "offers": offers}
    return render(request, "imports/index.html", context, status=form.status)


@require_safe
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show one import."""
    page = load_import_page(person(request), number)
    return _shown(request, page, _start_form(page))


@require_safe
def state(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the poll of an import's page: how far it is, or to load the page anew."""
    page = load_import_page(person(request), number)
    if request.GET.get("mark") == page.mark:
        return render(request, "imports/_state.html", {"page": page})
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


@require_safe
def row(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the poll of one row; a row that is done asks no more."""
    (view,) = import_views([find_import(person(request), number)])
    return render(request, "imports/_row.html", {"job": view})


@require_POST
def begin(request: HttpRequest, number: int) -> HttpResponse:
    """Go on with an import that was looked up, and convert its version to what is chosen now."""
    page = load_import_page(person(request), number)
    form = _start_form(page, posted(request))
    if form is None or "convert" not in request.POST:
        start(page.view.job, actor=person(request))
    elif not form.is_valid() or not form.act(
        start, page.view.job, actor=person(request), convert=form.cleaned_data["convert"]
    ):
        return _shown(request, page, form)
    messages.success(request, f"Import {number} is started.")
    return redirect("pages:import", number)


@require_POST
def stop(request: HttpRequest, number: int) -> HttpResponse:
    """End an import that is under way."""
    job = cancel(find_import(person(request), number), actor=person(request))
    messages.success(request, f"Import {job.number} is cancelled.")
    return redirect("pages:import", job.number)


@require_POST
def try_again(request: HttpRequest, number: int) -> HttpResponse:
    """Have a failed import tried once more, under the same number."""
    job = retry(find_import(person(request), number), actor=person(request))
    messages.success(request, f"Import {job.number} is tried again.")
    if job.version is None:
        return redirect("pages:import", job.number)
    return redirect("pages:version", job.version.registered_model.name, job.version.number)


@require_POST
def discard_open_upload(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give an upload up, with its bytes."""
    discard_upload(get_upload(key, actor=person(request)), actor=person(request))
    messages.success(request, "The upload is discarded.")
    return redirect("pages:imports")


def _initial(user: User, chosen: Any) -> dict[str, Any]:
    """Return what the form begins with: what was asked of the import that ``like`` names."""
    like = chosen.get("like", "")
    job = imports_of(user).filter(number=int(like)).first() if like.isdecimal() else None
    typed = typed_for(job) if job is not None else {}
    return {**typed, "new_version": True} if "again" in chosen else typed


def _start_form(page: ImportPage, data: Any = None) -> StartForm | None:
    """Return what may still be chosen for an import that waits to be started."""
    if page.plan is None or not page.is_planned:
        return None
    conversion = page.conversion
    wished = conversion.outcome.wish.to if conversion else ""
    return StartForm(data, plan=page.plan.plan, initial={"convert": wished})


def _shown(request: HttpRequest, page: ImportPage, form: StartForm | None) -> HttpResponse:
    status = form.status if form else 200
    return render(request, "imports/import.html", {"page": page, "form": form}, status=status)
