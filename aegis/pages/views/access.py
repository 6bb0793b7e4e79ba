"""Who may do what with a registered model: shown, given and taken."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from aegis.pages.access import access_page
from aegis.pages.finding import find_model
from aegis.pages.forms.access import ShareForm, UnshareForm
from aegis.pages.forms.refusable import RefusableForm
from aegis.pages.signed_in import person
from registry.models import RegisteredModel
from registry.sharing import share, unshare


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show who may do what and why, and give a role."""
    user = person(request)
    model = find_model(user, name)
    form = ShareForm(request.POST or None)
    if form.is_valid() and form.act(share, model, actor=user, **form.given) is not None:
        messages.success(request, f"{form.cleaned_data['who']} has the role now.")
        return redirect("pages:model-share", model.name)
    return _shown(request, model, form, form)


@require_POST
def revoke(request: HttpRequest, name: str) -> HttpResponse:
    """Take a role back."""
    user = person(request)
    model = find_model(user, name)
    form = UnshareForm(request.POST)
    if form.is_valid() and form.act(unshare, model, actor=user, **form.taken) is not None:
        messages.success(request, "The role is taken back.")
        return redirect("pages:model-share", model.name)
    return _shown(request, model, ShareForm(), form)


def _shown(
    request: HttpRequest, model: RegisteredModel, form: ShareForm, sent: RefusableForm
) -> HttpResponse:
    page = access_page(model, person(request))
    context = {"page": page, "form": form, "refused": sent if sent is not form else None}
    return render(request, "approvals/access.html", context, status=sent.status)
