"""What Django itself refuses or fails at is answered in the form of its door."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from aegis import urls


def _fail(_request: HttpRequest) -> HttpResponse:
    message = "a mistake of ours"
    raise RuntimeError(message)


class _Broken:
    """The addresses of Aegis, with one on each side that fails."""

    handler500 = urls.handler500
    handler400 = urls.handler400
    urlpatterns = (path("api/v1/broken/", _fail), path("broken/", _fail))


@pytest.mark.parametrize(
    ("address", "media_type"),
    [("/api/v1/broken/", "application/problem+json"), ("/broken/", "text/html")],
)
@pytest.mark.django_db
def test_a_failure_is_answered_in_the_form_of_its_door(
    settings: Settings, address: str, media_type: str
) -> None:
    settings.ROOT_URLCONF = _Broken
    answer = Client(raise_request_exception=False).get(address)

    assert answer.status_code == 500
    assert answer["Content-Type"].startswith(media_type)
    assert b"a mistake of ours" not in answer.content


@pytest.mark.django_db
def test_another_host_is_refused_as_a_problem_below_the_api() -> None:
    answer = Client().get("/api/v1/me/", headers={"host": "elsewhere.example"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.django_db
def test_another_host_is_refused_as_a_page_elsewhere() -> None:
    answer = Client().get("/healthz", headers={"host": "elsewhere.example"})

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
