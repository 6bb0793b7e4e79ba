"""Going back to a version that was in Production."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from aegis.pages.finding import find_model
from aegis.pages.forms.reasons import RollbackForm
from aegis.pages.fragments import is_fragment
from aegis.pages.rollback import rollback_page
from aegis.pages.signed_in import person
from approvals.rollback import roll_back
from registry.lookup import get_version
from registry.models import RegisteredModel


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show the known-good versions, and go back to one of them."""
    model = find_model(person(request), name)
    if request.method == "POST":
        return _roll_back(request, model)
    page = rollback_page(model, person(request), request.GET.get("version", ""))
    if is_fragment(request):
        return render(request, "approvals/_rollback_impact.html", {"page": page})
    return render(request, "approvals/rollback.html", {"page": page, "form": RollbackForm()})


def _roll_back(request: HttpRequest, model: RegisteredModel) -> HttpResponse:
    user = person(request)
    form = RollbackForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        version = get_version(model, data["version"])
        if form.act(roll_back, model, actor=user, to_version=version, reason=data["reason"]):
            messages.success(request, f"v{version.number} is in Production again.")
            return redirect("pages:model-rollback", model.name)
    page = rollback_page(model, user, request.POST.get("version", ""))
    context = {"page": page, "form": form}
    return render(request, "approvals/rollback.html", context, status=form.status)
