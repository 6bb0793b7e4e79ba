"""Signing keys: the list for everybody, and what administrators do with it."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aegis.accounts.permits import require_administrator
from aegis.pages.finding import find_version
from aegis.pages.forms.keys import CompromiseForm, KeyChangeForm, NewKeyForm, PublicKeyForm
from aegis.pages.keys_page import is_keeper, key_lines, key_page
from aegis.pages.posted import posted
from aegis.pages.signed_in import person
from aegis.problems import NotFound
from registry import signing_keys
from registry.compromises import mark_compromised
from registry.models import SigningKey
from registry.resigning import sign_affected_again, sign_again
from registry.signing_keys import ACT
from registry.watching_keys import look

PEM: Final = "application/x-pem-file"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show every signing key and how to check a signature with it."""
    context = {"lines": key_lines(), "may_keep": is_keeper(person(request))}
    return render(request, "keys/index.html", context)


@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show one key with its public keys."""
    return render(request, "keys/key.html", {"page": key_page(name, person(request))})


@require_safe
def progress(request: HttpRequest, name: str) -> HttpResponse:
    """Answer the poll of a page that waits until versions are signed again."""
    return render(request, "keys/_progress.html", {"page": key_page(name, person(request))})


@require_safe
def pem(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """Give one public key as a file."""
    for line in key_page(name, person(request)).line.versions:
        if line.version.version == version:
            answer = HttpResponse(line.version.public_key, content_type=PEM)
            answer["Content-Disposition"] = f'attachment; filename="{name}.v{version}.pem"'
            return answer
    raise NotFound("signing_key_version_unknown", f"{name} has no such version.")


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """List a key."""
    user = person(request)
    require_administrator(user, ACT)
    form = NewKeyForm(posted(request))
    if form.is_valid():
        made = form.act(signing_keys.add_key, actor=user, **form.said)
        if made is not None:
            messages.success(request, _listed(made))
            return redirect("pages:key", made.name)
    return render(request, "keys/key_new.html", {"form": form}, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Change what a key says of itself, and whom it signs for."""
    user = person(request)
    require_administrator(user, ACT)
    key = _key(request, name)
    now = {"description": key.description, "teams": key.teams.all(), "risk_tiers": key.risk_tiers}
    form = KeyChangeForm(posted(request), initial=now)
    if form.is_valid():
        edited = form.act(signing_keys.edit_key, key, actor=user, **form.cleaned_data)
        if edited is not None:
            messages.success(request, f"{key.name} is changed.")
            return redirect("pages:key", key.name)
    return render(request, "keys/key_edit.html", {"form": form, "key": key}, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def give_version(request: HttpRequest, name: str) -> HttpResponse:
    """Add the public key that a key to verify only has since it was rotated."""
    user = person(request)
    require_administrator(user, ACT)
    page = key_page(name, user)
    if not page.line.key.is_verify_only:
        raise NotFound("page_not_found", f"The signer of {name} is asked for its public keys.")
    form = PublicKeyForm(posted(request), initial={"version": page.line.next_number})
    if form.is_valid():
        given = form.act(
            signing_keys.give_public_key, page.line.key, actor=user, pasted=form.pasted
        )
        if given is not None:
            messages.success(request, f"What version {given.version} of {name} signs is taken now.")
            return redirect("pages:key", name)
    context = {"page": page, "form": form}
    return render(request, "keys/key_version_new.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def compromise(request: HttpRequest, name: str) -> HttpResponse:
    """Say what follows from marking a key as compromised, and mark it."""
    user = person(request)
    require_administrator(user, "mark a signing key as compromised")
    page = key_page(name, user)
    form = CompromiseForm(posted(request), request=request, key=page.line.key)
    if form.is_valid():
        marked = form.act(mark_compromised, page.line.key, actor=user, **form.said)
        if marked is not None:
            messages.success(request, f"{name} is marked. Nothing that it signed passes any more.")
            return redirect("pages:key", name)
    context = {"page": page, "form": form}
    return render(request, "keys/key_compromise.html", context, status=form.status)


@require_POST
def act(request: HttpRequest, name: str, deed: str) -> HttpResponse:
    """Do what takes no further word: make default, retire, reinstate, look for new versions."""
    if deed not in _DEEDS:
        raise NotFound("page_not_found", "There is no such page.")
    verb, words = _DEEDS[deed]
    verb(_key(request, name), actor=person(request))
    messages.success(request, words.format(name))
    return redirect("pages:key", name)


@require_POST
def renew_version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Have one version signed again."""
    version = find_version(person(request), name, number)
    sign_again(version, actor=person(request))
    messages.success(request, f"v{number} is being signed again.")
    return redirect("pages:version", name, number)


_DEEDS: Final[dict[str, tuple[Callable[..., Any], str]]] = {
    "default": (signing_keys.make_default, "{} signs wherever nobody names a key."),
    "retire": (signing_keys.retire, "{} signs nothing new."),
    "reinstate": (signing_keys.reinstate, "{} may sign again."),
    "look": (look, "A worker asks the signer of {} for its public keys."),
    "sign-again": (sign_affected_again, "What {} signed is being signed again."),
}


def _listed(key: SigningKey) -> str:
    if key.is_verify_only:
        return f"{key} is listed. What is signed with it elsewhere is taken."
    return f"{key} is listed. A worker asks for its public keys."


def _key(request: HttpRequest, name: str) -> SigningKey:
    return key_page(name, person(request)).line.key
