"""Registered models: registering, the page of one, its versions, its settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aegis.pages.finding import find_model
from aegis.pages.forms.aliases import AliasForm
from aegis.pages.forms.models import EditForm, RegisterForm
from aegis.pages.model_page import load_model_page
from aegis.pages.posted import posted
from aegis.pages.signed_in import person
from aegis.pages.versions_table import load_versions
from registry.models import Alias
from registry.permissions import CONTRIBUTE, MAINTAIN, permissions_of, require
from registry.registration import edit_model, register_model


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a model, then go on to its first version."""
    user = person(request)
    form = RegisterForm(posted(request), user=user)
    if form.is_valid() and (model := form.act(register_model, actor=user, **form.cleaned_data)):
        messages.success(request, f"{model.name} is registered, and you maintain it.")
        return redirect("pages:version-add", model.name)
    return render(request, "registry/register.html", {"form": form}, status=form.status)


@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show what a registered model is, which version is where, and what was before."""
    page = load_model_page(find_model(person(request), name), person(request))
    return render(request, "registry/model.html", {"page": page})


@require_safe
def versions(request: HttpRequest, name: str) -> HttpResponse:
    """Show every version of a model, a page at a time."""
    model = find_model(person(request), name)
    table = load_versions(model, number=request.GET.get("page", "1"))
    held = permissions_of(person(request), model)
    context = {"model": model, "table": table, "may_contribute": CONTRIBUTE in held}
    return render(request, "registry/versions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Change what a registered model says about itself."""
    user = person(request)
    model = find_model(user, name)
    require(user, CONTRIBUTE, model)
    may_maintain = MAINTAIN in permissions_of(user, model)
    form = EditForm(posted(request), model=model, may_maintain=may_maintain)
    if form.is_valid() and form.act(edit_model, model, actor=user, **form.changes) is not None:
        messages.success(request, f"{model.name} is changed.")
        return redirect("pages:model", model.name)
    aliases = Alias.objects.filter(registered_model=model).select_related("version", "set_by")
    context = {"form": form, "model": model, "aliases": aliases, "alias_form": AliasForm()}
    return render(request, "registry/settings.html", context, status=form.status)
