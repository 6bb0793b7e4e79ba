"""Every operation with random addresses, parameters, headers and bodies: never a 500."""

import json
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.models import ModelVersion
from registry.uploads import open_upload
from registry.waivers import propose_waiver
from tests.aegis.api.calling import Api, operations
from tests.aegis.api.test_fuzz import PLACES, VALUES
from tests.cast import Cast
from tests.registry import making, redacting, scanning

pytestmark = pytest.mark.django_db

# What parsers, PostgreSQL and file systems stumble over, beside what the operations know.
TEXTS: Final = st.text(max_size=40) | st.sampled_from([
    "\0", "\ud800", "\n", "\x7f", "\ufeff", "\u202e", "a" * 5000, "😀" * 700, "..", "%00",
    "٣", "²", "İ",
    "-1", str(2**31), str(2**63), "9" * 400, "v" + "9" * 30, "1e999",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00",
    "latest", "Production", "config.json", "model/weights.bin", "aegis-development", "growth",
    "approve", "decline", "withdraw", "revoke",
    "file", "card_revision", "evidence", "comment", "secret",
])  # fmt: skip
HEADERS: Final = st.fixed_dictionaries({}, optional={
    "Range": st.sampled_from([
        "bytes=0-0", "bytes=-0", "bytes=-", "bytes=5-1",
        f"bytes={'9' * 18}-", f"bytes=0-{'9' * 18}",
        f"bytes={'9' * 30}-", "bytes=0-0,2-3", "bytes=\xb2-",
    ]),
    "If-None-Match": st.sampled_from(["*", '"x', "\xff", ","]),
    "If-Range": st.sampled_from(["*", "Sat, 29 Oct 1994 19:43:31 GMT", "\xff"]),
    "Idempotency-Key": st.sampled_from(["", "a" * 5000, "\xff", "\x01"]),
    "Accept": st.sampled_from(["text/html", "a/b;q=z", "\xff"]),
})  # fmt: skip
FIELDS: Final = (
    "path", "reason", "expires_at", "verdict", "comment", "kind", "target", "reason_code",
    "sign_key", "name", "provider", "transit_name", "description", "teams", "risk_tiers", "version",
    "upload", "new_version", "label", "facts", "to_version",
)  # fmt: skip
PARAMETERS: Final = ("cursor", "page_size", "verdict", "q", "stage", "state", "sort", "model", "to")


@pytest.fixture
def places(cast: Cast, version: ModelVersion) -> dict[str, str]:
    """What there is for the words in braces of an address."""
    scanning.rescan(version, scanning.unknown(version))
    until = timezone.now() + timedelta(days=3)
    waiver = propose_waiver(
        version, actor=cast.marc, path="config.json", reason="Read.", expires_at=until
    )
    redaction = redacting.propose(version, cast.marc, "file", "model/weights.bin")
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina, {"a.bin": b"a"})
    return {
        **PLACES,
        "{waiver}": str(waiver.pk),
        "{redaction}": str(redaction.pk),
        "{key}": str(upload.pk),
        "{number}": "1",
        "{path}": "config.json",
    }


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def test_whatever_stands_in_an_address_is_answered(
    cast: Cast, places: dict[str, str], mina: Api
) -> None:
    callers = [mina, *map(Api.signed_in, ("rita", "marc", "ada"))]
    bodies = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES | TEXTS)) | VALUES
    parameters = st.dictionaries(st.sampled_from(PARAMETERS), TEXTS, max_size=2)

    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.data())
    def send(data: st.DataObject) -> None:
        method, path = data.draw(st.sampled_from(operations()))
        path = path.replace("keys/{name}", "keys/{key name}")
        for place, value in {**places, "{key name}": "aegis-development"}.items():
            if place in path:
                is_there = data.draw(st.integers(0, 4)) > 0
                path = path.replace(place, value if is_there else encoded(data.draw(TEXTS)))
        query = "&".join(f"{name}={encoded(text)}" for name, text in data.draw(parameters).items())
        body = b"" if method == "GET" else json.dumps(data.draw(bodies)).encode()
        with transaction.atomic():
            caller = data.draw(st.sampled_from(callers))
            response = caller.client.generic(
                method,
                f"{path}?{query}" if query else path,
                body,
                "application/json",
                headers={**caller.headers, **data.draw(HEADERS)},
            )
            if response.streaming:
                list(response)
            transaction.set_rollback(True)
        # The list of revocations is not signed yet, and says so.
        is_unsigned = b"revocations_unsigned" in getattr(response, "content", b"")
        assert response.status_code < 500 or (response.status_code == 503 and is_unsigned)

    send()


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ED%A0%80", "%C2%85"])
@pytest.mark.parametrize("way", ["", "default/", "retirement/", "compromise/", "sign-again/"])
def test_a_key_of_a_name_that_none_can_have_is_not_found(cast: Cast, name: str, way: str) -> None:
    ada = Api.signed_in("ada")
    path = f"keys/{name}/{way}"
    answer = (
        ada.post(path, {"reason": "Lost."} if "compromise" in way else None)
        if way
        else ada.get(path)
    )
    assert answer.refused(404) == "signing_key_not_found"
