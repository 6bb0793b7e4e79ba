"""The scan of a version: its page, asking for another one, and the waivers of two people."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aegis.pages.finding import find_version
from aegis.pages.forms.answers import AnswerForm
from aegis.pages.forms.scans import WaiverForm
from aegis.pages.posted import posted
from aegis.pages.scan_page import load_scan_page
from aegis.pages.signed_in import person
from aegis.pages.waiver_words import word_of
from aegis.problems import NotFound
from imports.rescanning import ask_for_rescan
from registry import waivers as verbs
from registry.models import ModelVersion, ScanVerdict, ScanWaiverAnswer
from registry.permissions import permissions_of
from registry.waiver_guards import Waived, why_not_propose

FILES = 50
_VERBS: Final[dict[str, Callable[..., ScanWaiverAnswer]]] = {
    "approve": verbs.approve_waiver,
    "decline": verbs.decline_waiver,
    "withdraw": verbs.withdraw_waiver,
    "revoke": verbs.revoke_waiver,
}
_SAID: Final = {
    "approve": "The file is waived, by the two of you.",
    "decline": "It is declined, and the proposer reads why.",
    "withdraw": "Your proposal is taken back.",
    "revoke": "The waiver has ended.",
}


@require_safe
def show(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show what was found in each file, a page at a time, and what is waived."""
    user, version = person(request), find_version(person(request), name, number)
    wanted = request.GET.get("verdict", "")
    page = load_scan_page(version, user)
    lines = [line for line in page.lines if wanted in {"", line.file.verdict}]
    context = {
        "version": version,
        "page": page,
        "files": Paginator(lines, FILES).get_page(request.GET.get("page")),
        "verdicts": ScanVerdict.choices,
        "wanted": wanted if wanted in ScanVerdict.values else "",
    }
    return render(request, "registry/scan.html", context)


@require_POST
def ask(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Have the files scanned again, and lead back to the scan."""
    user = person(request)
    version = find_version(user, name, number)
    ask_for_rescan(version, actor=user)
    messages.success(request, "The files are scanned again as soon as a worker is free.")
    return _to_scan(version)


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Propose to take a file as it is."""
    user, version = person(request), find_version(person(request), name, number)
    if refusal := why_not_propose(version, user, permissions_of(user, version.registered_model)):
        raise refusal
    form = WaiverForm(posted(request), initial={"path": request.GET.get("path", "")})
    is_valid = form.is_valid()
    made = form.act(verbs.propose_waiver, version, actor=user, **form.said) if is_valid else None
    if made is not None:
        messages.success(request, "It is proposed. A second person has to agree.")
        return _to_scan(version)
    path = form["path"].value() or ""
    page = load_scan_page(version, user)
    line = next((line for line in page.lines if line.file.path == path), None)
    if line is None:
        raise NotFound("file_not_scanned", f"No scan of this version has a file {path[:200]!r}.")
    context = {"form": form, "version": version, "line": line, "page": page}
    return render(request, "registry/waiver_new.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, name: str, number: int, key: UUID) -> HttpResponse:
    """Show a waiver, and take what somebody says to it."""
    user, version = person(request), find_version(person(request), name, number)
    said = _waiver(version, key)
    word = word_of(said, user)
    if request.method == "POST" and not word.offers:
        raise word.refusal or NotFound("nothing_to_say", "Nothing to say.")
    form = AnswerForm(posted(request), request=request, offers=word.offers)
    if form.is_valid():
        verdict = form.cleaned_data["verdict"]
        if form.act(_VERBS[verdict], said.waiver, actor=user, **form.said) is not None:
            messages.success(request, _SAID[verdict])
            return _to_scan(version)
    page = load_scan_page(version, user)
    line = next((one for one in page.lines if one.file.path == said.waiver.path), None)
    context = {"form": form, "version": version, "said": said, "line": line, "word": word}
    return render(request, "registry/waiver.html", context, status=form.status)


def _waiver(version: ModelVersion, key: UUID) -> Waived:
    for said in verbs.waivers_of(version):
        if said.waiver.pk == key:
            return said
    raise NotFound("waiver_not_found", f"v{version.number} has no such waiver.")


def _to_scan(version: ModelVersion) -> HttpResponse:
    return redirect("pages:version-scan", version.registered_model.name, version.number)
