import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.urls import path

from aegis.accounts.models import User
from aegis.pages import context, navigation, preferences

pytestmark = pytest.mark.urls(__name__)


def page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path(name, page) for name in ("", "reviews/", "reviews/<int:number>/", "audit/")]


def request_of(
    user: User | AnonymousUser | None = None, address: str = "/", **cookies: str
) -> HttpRequest:
    request = RequestFactory().get(address)
    request.COOKIES |= cookies
    if user is not None:
        request.user = user
    return request


def test_places_that_the_site_does_not_answer_are_left_out() -> None:
    items = navigation.items_for(User(name="Dana Reyes"), "/reviews/214/")
    assert [item.label for item in items] == ["Catalog", "Reviews", "Audit"]


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/", {"Catalog": "page"}),
        ("/models/churn/versions/7/", {"Catalog": "true"}),
        ("/reviews/", {"Reviews": "page"}),
        ("/reviews/214/", {"Reviews": "true"}),
        ("/account/", {}),
    ],
)
def test_the_bar_shows_where_one_is(address: str, current: dict[str, str]) -> None:
    items = navigation.items_for(User(name="Dana Reyes"), address)
    assert {item.label: item.current for item in items if item.current} == current


def test_the_count_is_asked_only_when_the_bar_is_drawn_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[User] = []

    def count_for(user: User) -> int:
        asked.append(user)
        return 2

    monkeypatch.setattr(navigation.inbox, "count_for", count_for)
    known = context.site(request_of(User(name="Dana Reyes")))
    assert asked == []
    html = render_to_string("_partials/topbar.html", known)
    assert len(asked) == 1
    assert 'id="waiting-reviews">2<span class="visually-hidden"> need your review</span>' in html


def test_strangers_and_early_errors_have_no_navigation() -> None:
    assert context.site(request_of(AnonymousUser()))["navigation"] == []
    assert context.site(request_of())["navigation"] == []


@pytest.mark.parametrize(
    ("cookie", "theme"),
    [("dark", "dark"), ("light", "light"), ("system", "system"), ('"><', "system")],
)
def test_the_theme_is_what_the_cookie_says_if_it_is_one(cookie: str, theme: str) -> None:
    assert context.site(request_of(aegis_theme=cookie))["theme"] == theme


@pytest.mark.parametrize(("theme", "printed"), [("dark", ' data-theme="dark"'), ("system", "")])
def test_the_page_prints_the_theme(theme: str, printed: str) -> None:
    html = render_to_string("base.html", {"theme": theme})
    assert f'<html lang="en"{printed} data-shortcuts="off">' in html


@pytest.mark.parametrize(("signer", "is_said"), [("development", True), ("vault", False)])
def test_every_page_says_that_a_development_signer_signs(signer: str, is_said: bool) -> None:
    with override_settings(AEGIS_SIGNER=signer):
        html = render_to_string("base.html", request=request_of(AnonymousUser()))
    assert ("Development signer." in html) is is_said


def test_only_a_choice_is_kept() -> None:
    response = HttpResponse()
    preferences.keep(response, preferences.THEME, "dark")
    preferences.keep(response, preferences.SHORTCUTS, "maybe")
    assert response.cookies["aegis_theme"].value == "dark"
    assert response.cookies["aegis_theme"]["samesite"] == "Lax"
    assert "aegis_shortcuts" not in response.cookies
