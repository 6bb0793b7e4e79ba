"""Aliases that people set by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from aegis.pages.finding import find_model
from aegis.pages.forms.aliases import AliasForm
from aegis.pages.signed_in import person
from registry.aliases import delete_alias
from registry.models import Alias


@require_POST
def set_one(request: HttpRequest, name: str) -> HttpResponse:
    """Let an alias name a version from now on."""
    user = person(request)
    model = find_model(user, name)
    form = AliasForm(request.POST)
    if form.is_valid() and (alias := form.point(model, actor=user)):
        messages.success(request, f"{alias.name} names v{alias.version.number} now.")
        return redirect("pages:model-edit", model.name)
    aliases = Alias.objects.filter(registered_model=model).select_related("version", "set_by")
    context = {"model": model, "aliases": aliases, "form": form}
    return render(request, "registry/aliases.html", context, status=form.status)


@require_POST
def remove(request: HttpRequest, name: str, alias: str) -> HttpResponse:
    """Remove an alias."""
    user = person(request)
    model = find_model(user, name)
    delete_alias(model, alias, actor=user)
    messages.success(request, f"The alias {alias} is gone.")
    return redirect("pages:model-edit", model.name)
