"""Taking a version out of use."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from aegis.pages.archiving import archive_page
from aegis.pages.finding import find_version
from aegis.pages.forms.reasons import ArchiveForm
from aegis.pages.signed_in import person
from approvals.archiving import archive


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, name: str, ref: str) -> HttpResponse:
    """Say what archiving costs, and archive."""
    user = person(request)
    version = find_version(user, name, ref)
    form = ArchiveForm(request.POST or None)
    if (
        form.is_valid()
        and form.act(archive, version, actor=user, reason=form.cleaned_data["reason"]) is not None
    ):
        messages.success(request, f"{name} v{version.number} is archived.")
        return redirect("pages:version", version.registered_model.name, version.number)
    context = {"page": archive_page(version, user), "form": form}
    return render(request, "approvals/version_archive.html", context, status=form.status)
