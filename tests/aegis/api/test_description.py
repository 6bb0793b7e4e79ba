"""The OpenAPI description: whole, valid, and shown on a page that our own headers allow."""

import io

import pytest
from django.core.management import call_command
from django.test import Client

from tests.aegis.api.calling import description, operations


def test_the_description_is_valid_and_has_no_guesses_in_it() -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.1")


def test_every_operation_says_how_to_come_in_and_what_a_refusal_is() -> None:
    assert len(operations()) > 50
    for method, path in operations():
        operation = description()["paths"][path][method.lower()]
        if path.startswith("/.well-known/"):
            # What verifiers read is public: whoever asks is nobody.
            assert operation["security"] == [{}], path
            continue
        assert {"bearer": []} in operation["security"], path
        assert {"session": []} in operation["security"], path
        for status in ("400", "401", "403"):
            assert "application/problem+json" in operation["responses"][status]["content"]


def test_the_names_of_operations_are_chosen() -> None:
    names = [
        description()["paths"][path][method.lower()]["operationId"] for method, path in operations()
    ]
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith(("v1_", "models_versions_"))]


@pytest.mark.django_db
def test_the_page_has_nothing_in_line(client: Client) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "<style" not in text
    assert text.count("<script") == text.count("<script src=")
    assert (
        client.get("/api/docs/?script=")
        .headers["Content-Type"]
        .startswith("application/javascript")
    )
    assert client.get("/api/schema/").status_code == 200
