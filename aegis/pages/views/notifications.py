"""What Aegis told a person: in the app, and by the letters that this installation keeps."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from aegis.events.letters import letters_of
from aegis.events.models import Notification
from aegis.events.notifications import mark_read
from aegis.pages.forms.notifications import ReadForm
from aegis.pages.signed_in import person

PAGE = 25


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show what the person was told, the newest first."""
    told = Notification.objects.filter(user=person(request))
    page = Paginator(told, PAGE).get_page(request.GET.get("page"))
    return render(request, "account/notifications.html", {"page": page})


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notification as read, or all."""
    form = ReadForm(request.POST)
    if form.is_valid():
        count = mark_read(person(request), form.keys)
        messages.success(request, f"{count} marked as read.")
    return redirect("pages:notifications")


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """Show the letters to the person that were kept instead of sent."""
    page = Paginator(letters_of(person(request)), PAGE).get_page(request.GET.get("page"))
    keeps = settings.EMAIL_BACKEND.endswith("KeepLetters")
    return render(request, "account/letters.html", {"page": page, "keeps": keeps})
