"""Evidence: attaching it, reading it, vouching for it, and the tags that rest on it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from aegis.pages.finding import find_version
from aegis.pages.forms.evidence import AttestForm, EvidenceForm, TagForm
from aegis.pages.posted import posted
from aegis.pages.signed_in import person
from aegis.problems import NotFound
from registry import evidence as verbs
from registry import readers
from registry.models import Evidence, ModelVersion
from registry.permissions import CONTRIBUTE, require


@require_http_methods(["GET", "HEAD", "POST"])
def attach(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Attach a file to a version as evidence."""
    user, version = person(request), find_version(person(request), name, number)
    require(user, CONTRIBUTE, version.registered_model)
    asked = {"kind": request.GET.get("kind"), "supersedes": request.GET.get("supersedes")}
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = EvidenceForm(*posted, version=version, initial=asked)
    if form.is_valid() and (
        piece := form.act(verbs.attach_evidence, version, actor=user, **form.cleaned_data)
    ):
        messages.success(request, f"{piece.title} is attached: {piece.get_outcome_display()}.")
        return _to_evidence(version)
    context = {"form": form, "version": version}
    return render(request, "registry/evidence_attach.html", context, status=form.status)


@require_safe
def download(request: HttpRequest, name: str, number: int, key: UUID) -> StreamingHttpResponse:
    """Give the file of a piece of evidence, as it was attached."""
    piece = _piece(find_version(person(request), name, number), key)
    found = readers.open_evidence(piece, actor=person(request))
    headers = {"Content-Length": str(found.size), "Content-Type": found.media_type}
    answer = StreamingHttpResponse(found.body, headers=headers)
    # Never shown in place: what somebody attached must not run on this site.
    disposition = content_disposition_header(as_attachment=True, filename=found.name)
    answer["Content-Disposition"] = disposition or "attachment"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def attest(request: HttpRequest, name: str, number: int, key: UUID) -> HttpResponse:
    """Say whether unattested evidence holds."""
    user, version = person(request), find_version(person(request), name, number)
    piece = _piece(version, key)
    form = AttestForm(posted(request))
    if (
        form.is_valid()
        and form.act(verbs.attest, piece, actor=user, **form.cleaned_data) is not None
    ):
        messages.success(request, f"Your word about {piece.title} is recorded.")
        return _to_evidence(version)
    context = {"form": form, "version": version, "piece": piece}
    return render(request, "registry/evidence_attest.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Add a compliance tag to a version."""
    user, version = person(request), find_version(person(request), name, number)
    require(user, CONTRIBUTE, version.registered_model)
    form = TagForm(posted(request), initial={"name": request.GET.get("name")})
    if form.is_valid() and (
        tag := form.act(verbs.claim_tag, version, actor=user, name=form.cleaned_data["name"])
    ):
        messages.success(request, f"v{number} has the tag {tag.name}.")
        return _to_evidence(version)
    context = {"form": form, "version": version}
    return render(request, "registry/tag_claim.html", context, status=form.status)


def _piece(version: ModelVersion, key: UUID) -> Evidence:
    found = Evidence.objects.filter(version=version).select_related(
        "attached_by", "version__registered_model", "version__created_by"
    )
    piece: Evidence | None = found.filter(pk=key).first()
    if piece is None:
        raise NotFound("evidence_not_found", f"v{version.number} has no such evidence.")
    return piece


def _to_evidence(version: ModelVersion) -> HttpResponse:
    page = redirect("pages:version", version.registered_model.name, version.number)
    page["Location"] += "#evidence"
    return page
