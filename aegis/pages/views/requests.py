"""Asking for a promotion: what is missing, who can mend it, and the form that asks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from aegis.pages.finding import find_version
from aegis.pages.forms.requests import AskForm
from aegis.pages.requests import request_page
from aegis.pages.signed_in import person
from approvals.requests import open_request


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, name: str, ref: str) -> HttpResponse:
    """Show what a promotion still needs, and ask for it."""
    user = person(request)
    version = find_version(user, name, ref)
    target = request.GET.get("to", "Production")
    form = AskForm(request.POST or None)
    if form.is_valid() and (
        made := form.act(open_request, version, actor=user, target=target, **form.asked)
    ):
        messages.success(request, f"Request {made.number} asks for {target}.")
        return redirect("pages:review", made.number)
    page = request_page(version, target, user)
    context = {"page": page, "form": form}
    return render(request, "approvals/request_new.html", context, status=form.status)
