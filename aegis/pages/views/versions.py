"""Versions: adding one, the page of one, and how far its import is."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aegis.accounts.models import User
from aegis.pages.file_rows import folders_of
from aegis.pages.finding import find_model, find_version
from aegis.pages.folder_files import files_with_paths, takes_folders
from aegis.pages.forms.versions import VersionForm
from aegis.pages.posted import posted
from aegis.pages.receiving import received_upload
from aegis.pages.redaction_lines import may_propose
from aegis.pages.signed_in import person
from aegis.pages.version_page import files_address, load_job, load_version_page
from imports.uploading import Registration, register_upload
from registry import readers
from registry.models import ArtifactFile, RegisteredModel, Upload, UploadFile
from registry.permissions import CONTRIBUTE, require
from registry.signing.configured import keys_for

FILES = 200


@takes_folders
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, name: str) -> HttpResponse:
    """Add a version from files; it is pending until they are checked, packaged and signed."""
    user = person(request)
    model = find_model(user, name)
    require(user, CONTRIBUTE, model)
    form = VersionForm(posted(request))
    form.offer_keys(keys_for(model))
    is_valid, upload = form.is_valid(), None
    if form.is_bound:  # Files are kept also where the rest of the form needs another look.
        files = files_with_paths(request, "files")
        upload = form.act(received_upload, form.cleaned_data.get("upload"), files, actor=user)
    made = _registered(form, model, upload, user) if is_valid and upload else None
    if made and made.job:
        _tell(request, made)
        return redirect("pages:version", model.name, made.version.number)
    kept = upload.pk if upload else form["upload"].value()
    here = UploadFile.objects.filter(upload=upload, complete=True) if upload else ()
    context = {"form": form, "model": model, "upload": kept, "here": here, "made": made}
    return render(request, "registry/version_add.html", context, status=form.status)


@require_safe
def show(request: HttpRequest, name: str, ref: str) -> HttpResponse:
    """Show a version: its files, facts, metrics, evidence, and what is missing for a stage."""
    page = load_version_page(find_version(person(request), name, ref), person(request))
    return render(request, "registry/version.html", {"page": page, "version": page.version})


@require_safe
def state(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Answer the poll of a page that waits for an import: its steps, or to load it anew."""
    version = find_version(person(request), name, number)
    job = load_job(version)
    if job and job.is_under_way:
        context = {"version": version, "job": job}
        return render(request, "registry/_version_pending.html", context)
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


@require_safe
def files(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show every file of a version, a page at a time."""
    user = person(request)
    version = find_version(user, name, number)
    found = ArtifactFile.objects.filter(version=version).order_by("path")
    page = Paginator(found, FILES).get_page(request.GET.get("page"))
    redacted = {file.path: file.redaction_id for file in page if file.redaction_id}
    folders = folders_of(page.object_list, files_address(version), redacted)
    may_redact = may_propose(version.registered_model, user)
    context = {"version": version, "page": page, "folders": folders, "may_redact": may_redact}
    return render(request, "registry/version_files.html", context)


@require_safe
def signature(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Give the signature of a version, as verifiers read it."""
    version = find_version(person(request), name, number)
    found = readers.signature_of(version, actor=person(request))
    answer = HttpResponse(found.bundle, content_type=readers.BUNDLE_MEDIA_TYPE)
    file_name = f"{version.registered_model.name}-v{number}.sigstore.json"
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer


@require_safe
def key(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Give the public key that the signature of a version verifies with."""
    version = find_version(person(request), name, number)
    found = readers.signature_of(version, actor=person(request))
    answer = HttpResponse(found.public_key, content_type="application/x-pem-file")
    file_name = f"{found.key_name}.v{found.key_version}.pem"
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer


def _registered(
    form: VersionForm, model: RegisteredModel, upload: Upload, user: User
) -> Registration | None:
    wanted = form.cleaned_data["new_version"]
    return form.act(register_upload, model, upload, actor=user, new_version=wanted, **form.said)


def _tell(request: HttpRequest, made: Registration) -> None:
    messages.success(request, f"v{made.version.number} is being imported.")
    for equal in made.equals.remarks:
        words = f"v{equal.version.number} has the same files. {equal.reason}"
        messages.warning(request, words)
