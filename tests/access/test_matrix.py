"""The access matrix: every route and method, and what everybody is answered there."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.access.api_rows import ROWS as API
from tests.access.callers import CALLERS, MAINTAINER
from tests.access.page_rows import ROWS as PAGES
from tests.access.routes import routes
from tests.access.rules import Row
from tests.access.scene import Scene

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROWS = {"API": API, "pages": PAGES}


def test_every_route_is_in_the_table() -> None:
    known = {row.route for row in (*API, *PAGES)}
    assert [route for route in routes() if route not in known] == []
    assert known <= set(routes())


@pytest.mark.django_db
@pytest.mark.parametrize("door", ROWS)
def test_everybody_is_answered_as_the_table_says(
    scene: Scene, clients: dict[str, Client], door: str
) -> None:
    found = []
    for row in ROWS[door]:
        for caller in CALLERS:
            status = _status(clients[caller], row, scene, caller)
            if status != row.expected[caller]:
                found.append((row.method, row.path, caller, status, "not", row.expected[caller]))
    assert not found, "\n".join(map(str, found))


@pytest.mark.django_db
@pytest.mark.parametrize("door", ROWS)
def test_a_method_that_is_not_in_the_table_is_taken_by_no_route(
    scene: Scene, clients: dict[str, Client], door: str
) -> None:
    known = {(row.method, row.route) for row in ROWS[door]}
    one_of_each = {row.route: row for row in ROWS[door]}
    taken = [
        (method, route)
        for route, row in one_of_each.items()
        for method in METHODS
        if (method, route) not in known
        and _status(clients[MAINTAINER], _by(method, row), scene, MAINTAINER) != 405
    ]
    assert taken == []


@pytest.mark.django_db
def test_a_list_shows_exactly_what_can_be_opened(scene: Scene, clients: dict[str, Client]) -> None:
    for caller in CALLERS[1:]:
        client = clients[caller]
        listed = {one["name"] for one in client.get("/api/v1/models/").json()["results"]}
        requests = {one["number"] for one in client.get("/api/v1/promotions/").json()["results"]}
        opens = client.get("/api/v1/models/secret-model/").status_code == 200
        reads = client.get(f"/api/v1/promotions/{scene.open}/").status_code == 200
        assert ("secret-model" in listed, scene.open in requests) == (opens, reads), caller


def _status(client: Client, row: Row, scene: Scene, caller: str) -> int:
    """Call a route, and take back what it changed: every call begins with the same scene."""
    path = scene.fill(row.path, caller)
    with transaction.atomic():
        if row.form is None:
            body = b"" if row.body is None else json.dumps(scene.fill(row.body, caller)).encode()
            response: Any = client.generic(row.method, path, body, "application/json")
        else:
            fields = {
                name: value() if callable(value) else value for name, value in row.form.items()
            }
            response = client.post(path, scene.fill(fields, caller))
        transaction.set_rollback(True)
    return int(response.status_code)


def _by(method: str, row: Row) -> Row:
    return Row(method, row.route, row.path, row.expected)
