"""Reviews: what waits for whom, one request in full, and the words of reviewers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from aegis.accounts.models import User
from aegis.pages.forms.of_review import ReviewForms
from aegis.pages.forms.reviews import CommentForm, DecisionForm, TakeBackForm, WithdrawForm
from aegis.pages.inbox import inbox_page
from aegis.pages.reviews import review_page
from aegis.pages.signed_in import person
from aegis.problems import Conflict
from approvals import decisions, requests
from approvals import standing as standings
from approvals.models import Decision, PromotionRequest
from approvals.request_query import load_request
from approvals.review import load_review

SAID = {
    "approve": "Your approval is recorded.",
    "request_changes": "Your request for changes is recorded.",
    "reject": "The request is rejected.",
}


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what needs the person, and what waits for whom."""
    page = inbox_page(person(request), request.GET.get("list", ""))
    return render(request, "approvals/inbox.html", {"page": page})


@require_safe
def review(request: HttpRequest, number: int) -> HttpResponse:
    """Show everything that a decision about a request rests on."""
    return _shown(request, number, ReviewForms())


@require_POST
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Record what the person decided about the subject that they saw."""
    form = DecisionForm(request.POST, request=request)
    user = person(request)
    asked = _asked(number, user)
    if form.is_valid() and form.act(decisions.decide, asked, actor=user, **form.said) is not None:
        messages.success(request, SAID[form.cleaned_data["verdict"]])
        return _back(request, number)
    return _shown(request, number, ReviewForms(decision=form))


@require_POST
def take_back(request: HttpRequest, number: int) -> HttpResponse:
    """Take one's own present decision back."""
    form = TakeBackForm(request.POST, request=request)
    user = person(request)
    mine = _mine(number, user)
    if (
        form.is_valid()
        and form.act(decisions.withdraw_decision, mine, actor=user, **form.proof) is not None
    ):
        messages.success(request, "Your decision is taken back.")
        return _back(request, number)
    return _shown(request, number, ReviewForms(take_back=form))


@require_POST
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """Add a remark to the discussion."""
    form = CommentForm(request.POST)
    user = person(request)
    asked = _asked(number, user)
    if (
        form.is_valid()
        and form.act(decisions.comment_on, asked, actor=user, body=form.cleaned_data["body"])
        is not None
    ):
        return _back(request, number)
    return _shown(request, number, ReviewForms(comment=form))


@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Take a request back."""
    form = WithdrawForm(request.POST)
    user = person(request)
    asked = _asked(number, user)
    if (
        form.is_valid()
        and form.act(requests.withdraw, asked, actor=user, reason=form.cleaned_data["reason"])
        is not None
    ):
        messages.success(request, f"Request {number} is withdrawn.")
        return _back(request, number)
    return _shown(request, number, ReviewForms(withdraw=form))


@require_safe
def state(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the poll of a page that waits for the signature: the panel, or to load it anew."""
    asked = _asked(number, person(request))
    if asked.state in {"approved", "promoting"}:
        return render(request, "approvals/_signing_steps.html", {"asked": asked})
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


@require_safe
def subject(request: HttpRequest, number: int) -> HttpResponse:
    """Give the subject, byte for byte what its digest is of."""
    record = load_request(number, user=person(request))
    answer = HttpResponse(record.body, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="review-{number}-subject.json"'
    return answer


def _back(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to where the form stood: the review's page, or the administration."""
    wanted = request.POST.get("back", "")
    is_here = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect(wanted if wanted and is_here else f"/reviews/{number}/")


def _asked(number: int, user: User) -> PromotionRequest:
    return load_request(number, user=user).request


def _mine(number: int, user: User) -> Decision:
    """Return this person's present decision, or refuse where there is none to take back."""
    mine = standings.load(_asked(number, user)).decision_of(user)
    if mine is None:
        sentence = f"You have no decision about review {number} that counts."
        raise Conflict("nothing_to_take_back", sentence)
    return mine


def _shown(request: HttpRequest, number: int, forms: ReviewForms) -> HttpResponse:
    review = load_review(number, user=person(request))
    page = review_page(review, forms.ready(request), back=request.POST.get("back", ""))
    return render(request, "approvals/review_detail.html", {"page": page}, status=forms.status)
