"""The access matrix: every route and method, and what everybody is answered there."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.access.api_rows import ROWS as API
from tests.access.callers import CALLERS
from tests.access.routes import routes
from tests.access.rules import Row
from tests.access.scene import Scene

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def test_the_api_answers_everybody_as_the_table_says(
    scene: Scene, clients: dict[str, Client]
) -> None:
    found = _differences(API, scene, clients)
    assert not found, "\n".join(map(str, found))


def test_a_method_that_is_not_in_the_table_is_taken_by_no_route(
    scene: Scene, clients: dict[str, Client]
) -> None:
    known = {(row.method, row.route) for row in API}
    paths = {row.route: row for row in API}
    taken = [
        (method, route)
        for route, row in paths.items()
        for method in METHODS
        if (method, route) not in known
        and _status(clients["maintainer"], _as(row, method), scene, "maintainer") != 405
    ]
    assert taken == []


def test_every_route_is_in_the_table() -> None:
    known = {row.route for row in API}
    assert [route for route in routes() if route.startswith("api/") and route not in known] == []


def test_a_list_shows_exactly_what_can_be_opened(scene: Scene, clients: dict[str, Client]) -> None:
    for caller in CALLERS[1:]:
        client = clients[caller]
        listed = {one["name"] for one in client.get("/api/v1/models/").json()["results"]}
        requests = {one["number"] for one in client.get("/api/v1/promotions/").json()["results"]}
        opens = client.get("/api/v1/models/secret-model/").status_code == 200
        reads = client.get(f"/api/v1/promotions/{scene.open}/").status_code == 200
        assert ("secret-model" in listed, scene.open in requests) == (opens, reads), caller


def _differences(rows: list[Row], scene: Scene, clients: dict[str, Client]) -> list[Any]:
    """Call every row as everybody, each time from the same state; return what is not expected."""
    found = []
    for row in rows:
        for caller in CALLERS:
            status = _status(clients[caller], row, scene, caller)
            if status != row.expected[caller]:
                found.append((row.method, row.path, caller, status, "not", row.expected[caller]))
    return found


def _status(client: Client, row: Row, scene: Scene, caller: str) -> int:
    path = scene.fill(row.path, caller)
    with transaction.atomic():
        if row.form is not None:
            fields = {
                name: value() if callable(value) else value for name, value in row.form.items()
            }
            response = client.post(path, scene.fill(fields, caller))
        else:
            body = b"" if row.body is None else json.dumps(scene.fill(row.body, caller)).encode()
            response = client.generic(row.method, path, body, "application/json")
        transaction.set_rollback(True)
    return int(response.status_code)


def _as(row: Row, method: str) -> Row:
    return Row(method, row.route, row.path, row.expected)
