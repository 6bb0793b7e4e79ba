"""Whatever is sent, the answer is one that the description has, and never a 500."""

import json
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.models import ModelVersion
from tests.aegis.api.calling import Api, description
from tests.approvals.making import ask, write_card
from tests.cast import Cast

pytestmark = pytest.mark.django_db

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["\0", "\ud800", "a" * 5000, "1", "Production", "approve", "2026-11-21"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = {
    "{name}": "churn-predictor",
    "{ref}": "1",
    "{alias}": "dev-mina",
    "{username}": "stan",
    "{slug}": "risk-team",
    "{role}": "viewer",
    "{key}": "0198c0de-0000-7000-8000-000000000000",
    "{piece}": "0198c0de-0000-7000-8000-000000000000",
    "{decision}": "0198c0de-0000-7000-8000-000000000000",
    "{path}": "a.bin",
}


def writes() -> list[tuple[str, str, list[str]]]:
    """Return method, path and the known fields of every operation that takes JSON."""
    found = []
    components = description()["components"]["schemas"]
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if reference := content.get("application/json", {}).get("schema", {}).get("$ref"):
                fields = components[reference.rsplit("/", 1)[-1]]["properties"]
                found.append((method.upper(), path, list(fields)))
    return found


def test_random_bodies_are_refused_or_taken_and_never_break_anything(
    mina: Api, cast: Cast, version: ModelVersion
) -> None:
    write_card(version, cast.mina)
    places = {**PLACES, "{number}": str(ask(version, cast.mina).number)}
    rita = Api.signed_in("rita")
    operations = writes()
    assert len(operations) > 12

    @settings(
        max_examples=120,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.data())
    def send(data: st.DataObject) -> None:
        method, path, fields = data.draw(st.sampled_from(operations))
        for place, value in places.items():
            path = path.replace(place, value)
        body: Any = data.draw(
            st.fixed_dictionaries({}, optional=dict.fromkeys(fields, VALUES)) | VALUES
        )
        for caller in (mina, rita):
            with transaction.atomic():
                # A NaN goes out as NaN, and half a surrogate pair as its escape.
                answer = caller.send(method, path, json.dumps(body).encode())
                transaction.set_rollback(True)
            assert answer.status < 500

    send()


@pytest.mark.parametrize("body", [b"\x00", b"{}", b"[1", b"\xff\xfe", b'{"name":', b"1" * 5000])
def test_broken_bodies_are_refused_everywhere(
    mina: Api, version: ModelVersion, body: bytes
) -> None:
    for method, path, _ in writes():
        address = path
        for place, value in {**PLACES, "{number}": "1"}.items():
            address = address.replace(place, value)
        assert mina.send(method, address, body).status < 500, (method, path)
