"""Conversions at the API: what there is, and asking for one."""

import pytest

from imports.models import Import
from registry.models import ModelVersion
from tests.aegis.api.calling import Api
from tests.imports.converting.conftest import acme, done

__all__ = ["acme"]

VERSION = "models/churn-predictor/versions/1/"
CONVERSIONS = f"{VERSION}conversions/"


def test_a_version_is_converted_and_tells_of_it(
    acme: None, version: ModelVersion, mina: Api
) -> None:
    offered = mina.get(CONVERSIONS).made(200)
    assert [one["converter"] for one in offered["offers"]] == ["json-to-shouting"]
    assert (offered["origin"], offered["refusal"]) == (None, None)

    made = mina.post(CONVERSIONS, {"to": "shouting", "label": "loud"}).made(202)
    assert (made["source"], made["steps"][0]["title"]) == (
        "conversion",
        "Converting and comparing",
    )
    done(Import.objects.get(number=made["number"]))

    told = mina.get(CONVERSIONS).made(200)
    assert [one["version"] for one in told["derived"]] == [2]
    assert not told["derived"][0]["is_compared"]
    derived = mina.get("models/churn-predictor/versions/2/conversions/").made(200)
    assert derived["origin"]["version"] == 1
    assert derived["origin"]["converter"] == "json-to-shouting"
    assert derived["refusal"]["code"] == "conversion_of_a_conversion"
    gates = mina.get("models/churn-predictor/versions/2/").made(200)
    assert gates["source"] == "conversion"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"to": "word"}, 400, "conversion_unknown"),
        ({"to": "skops"}, 409, "conversion_unfit"),
        ({"to": "shouting", "input": 7}, 400, "input_invalid"),
        ({"to": "shouting", "rows": []}, 400, "unknown_field"),
    ],
)
def test_what_cannot_be_is_refused(
    acme: None,
    version: ModelVersion,
    mina: Api,
    body: dict[str, object],
    status: int,
    code: str,
) -> None:
    assert mina.post(CONVERSIONS, body).refused(status) == code
