"""Taking a version back, and who was given it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aegis.pages.downloads_page import downloads_page
from aegis.pages.finding import find_version
from aegis.pages.forms.downloads import DownloadsForm
from aegis.pages.forms.reasons import RecallForm
from aegis.pages.recalling import recall_page
from aegis.pages.signed_in import person
from approvals.recalling import recall
from registry.models import Stage


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, name: str, ref: str) -> HttpResponse:
    """Say what a recall costs, and recall; out of Production it leads to the rollback."""
    user = person(request)
    version = find_version(user, name, ref)
    form = RecallForm(request.POST or None)
    if form.is_valid():
        made = form.act(recall, version, actor=user, reason=form.cleaned_data["reason"])
        if made is not None:
            model = version.registered_model
            messages.success(request, f"{model.name} v{version.number} was recalled.")
            if made.stage == Stage.PRODUCTION:
                return redirect("pages:model-rollback", model.name)
            return redirect("pages:version", model.name, version.number)
    context = {"page": recall_page(version, user), "form": form}
    return render(request, "approvals/version_recall.html", context, status=form.status)


@require_safe
def downloads(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show who was given which bytes of a version."""
    user = person(request)
    version = find_version(user, name, number)
    form = DownloadsForm(request.GET)
    before = form.cleaned_data["before"] if form.is_valid() else None
    page = downloads_page(version, user, before=before)
    context = {
        "page": page,
        "version": version,
        "newer": "" if page.is_first else "?",
        "older": f"?before={page.older}" if page.older else "",
    }
    return render(request, "registry/version_downloads.html", context)
