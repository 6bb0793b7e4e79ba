"""Imports: what comes in, how far it is, and trying again."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from aegis.accounts.models import User
from aegis.pages.import_view import import_view
from aegis.pages.open_uploads import load_open_uploads
from aegis.pages.signed_in import person
from aegis.problems import NotFound
from imports.asking import retry
from imports.models import Import, ImportState
from registry.permissions import CONTRIBUTE, permissions_of
from registry.uploads import discard_upload, get_upload

PER_PAGE = 20


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the imports of every model that this person may see, the newest first."""
    found = _imports(person(request))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    views = [import_view(job, job.steps.all()) for job in page.object_list]
    counts = found.aggregate(
        running=Count("pk", filter=Q(state=ImportState.RUNNING)),
        waiting=Count("pk", filter=Q(state=ImportState.WAITING)),
    )
    uploads = load_open_uploads(person(request))
    context = {"page": page, "jobs": views, "counts": counts, "uploads": uploads}
    return render(request, "imports/index.html", context)


@require_safe
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show one import."""
    job = _import(person(request), number)
    model = job.registered_model
    may_retry = model is not None and CONTRIBUTE in permissions_of(person(request), model)
    context = {"job": import_view(job, job.steps.all()), "may_retry": may_retry}
    return render(request, "imports/import.html", context)


@require_safe
def row(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the poll of one row; a row that is done asks no more."""
    job = _import(person(request), number)
    return render(request, "imports/_row.html", {"job": import_view(job, job.steps.all())})


@require_POST
def try_again(request: HttpRequest, number: int) -> HttpResponse:
    """Have a failed import tried once more, under the same number."""
    job = retry(_import(person(request), number), actor=person(request))
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


def _imports(user: User) -> QuerySet[Import]:
    found: QuerySet[Import] = Import.objects.visible_to(user)
    return (
        found.select_related(
            "registered_model", "version__registered_model", "same_as", "requested_by"
        )
        .prefetch_related("steps")
        .order_by("-number")
    )


def _import(user: User, number: int) -> Import:
    job = _imports(user).filter(number=number).first()
    if job is None:
        raise NotFound("import_not_found", f"There is no import {number}.")
    return job
