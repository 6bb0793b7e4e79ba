import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from aegis.headers import PrivateByDefault


@pytest.mark.django_db
def test_a_page_runs_no_inline_code_and_stays_with_its_reader(client: Client) -> None:
    headers = client.get("/account/login/").headers
    policy = dict(
        directive.split(" ", 1) for directive in headers["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    assert set(policy.values()) == {"'self'"}
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/models/x/", "private, no-store"), ("/api/v1/models/", "private, no-cache")],
)
def test_what_a_view_leaves_unsaid_is_private(rf: RequestFactory, path: str, expected: str) -> None:
    response = PrivateByDefault(lambda _: HttpResponse())(rf.get(path))
    assert response.headers["Cache-Control"] == expected


def test_what_a_view_says_of_caches_is_kept(rf: RequestFactory) -> None:
    def view(_: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "public, max-age=60"})

    response = PrivateByDefault(view)(rf.get("/static/aegis.css"))
    assert response.headers["Cache-Control"] == "public, max-age=60"
