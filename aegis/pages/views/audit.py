"""The audit log: read with filters, and verified on demand."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from aegis.audit.verify import verify_log
from aegis.pages.audit_log import LogPage, log_page, may_verify
from aegis.pages.forms.audit import AuditForm
from aegis.pages.fragments import is_fragment
from aegis.pages.signed_in import person
from aegis.problems import Forbidden
from approvals.replay import replay


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the entries that match, the newest first."""
    return render(request, "audit/log.html", _context(request))


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Check every entry, and the tables beside the log, and say what exactly was checked."""
    if not may_verify(person(request)):
        raise Forbidden(
            "auditors_only",
            "You may not have the whole log verified.",
            mend="An auditor or an administrator can.",
        )
    checked = {"chain": verify_log(), "replayed": replay(), "checked_at": timezone.now()}
    if is_fragment(request):
        return render(request, "audit/_verified.html", checked)
    return render(request, "audit/log.html", _context(request) | checked)


def _context(request: HttpRequest) -> dict[str, object]:
    user = person(request)
    form = AuditForm(request.GET)
    found = log_page(user, **form.wanted) if form.is_valid() else LogPage((), None, None)
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    filters = f"{query.urlencode()}&" if query else ""
    return {
        "form": form,
        "page": found,
        "may_verify": may_verify(user),
        "newer": f"?{filters}after={found.newer}" if found.newer else "",
        "older": f"?{filters}before={found.older}" if found.older else "",
        "is_filtered": bool(query),
    }
