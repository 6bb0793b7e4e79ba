"""One's own account, and the tokens that work as it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aegis.accounts.models import Team
from aegis.accounts.tokens import create_token, own_token, revoke_token
from aegis.events.notifications import unread_of
from aegis.pages.forms.account import TokenForm
from aegis.pages.signed_in import person
from aegis.pages.token_lines import token_lines


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the person's account."""
    return _shown(request, TokenForm(request=request))


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Make a token and show it this once."""
    if request.method != "POST":
        return redirect("/account/#tokens")
    form = TokenForm(request.POST, request=request)
    user = person(request)
    made = form.act(create_token, actor=user, user=user, **form.wanted) if form.is_valid() else None
    if made is None:
        return _shown(request, form)
    token, plain = made
    return _shown(request, TokenForm(request=request), made=token.name, plain=plain)


@require_POST
def revoke(request: HttpRequest, key: UUID) -> HttpResponse:
    """Take one's own token out of use."""
    user = person(request)
    token = revoke_token(own_token(user, key), actor=user)
    messages.success(request, f"{token.name} works no more.")
    return redirect("/account/#tokens")


def _shown(request: HttpRequest, form: TokenForm, made: str = "", plain: str = "") -> HttpResponse:
    user = person(request)
    context = {
        "form": form,
        "tokens": token_lines(user),
        "made": made,
        "plain": plain,
        "teams": Team.objects.filter(group__user=user),
        "unread": unread_of(user).count(),
        "recent": user.notifications.all()[:5],
    }
    return render(request, "account/account.html", context, status=form.status)
