"""Conversions on the page of a version: offered, asked for, told of."""

from collections.abc import Callable

from django.test import Client

from aegis.accounts.models import User
from imports.models import Import
from registry.models import ModelVersion
from tests.approvals import making
from tests.cast import Cast
from tests.imports.converting.conftest import acme, done

__all__ = ["acme"]

AsPerson = Callable[[User], Client]
VERSION = "/models/churn-predictor/versions/{}/"


def shown(client: Client, number: int) -> str:
    return client.get(VERSION.format(number)).content.decode()


def test_whoever_contributes_is_offered_what_reads_the_files(
    cast: Cast, acme: None, version: ModelVersion, as_person: AsPerson
) -> None:
    assert "Convert to Shouting" in shown(as_person(cast.mina), 1)
    assert "Convert to ONNX" not in shown(as_person(cast.mina), 1)
    assert "Conversion</h2>" not in shown(as_person(cast.rita), 1)


def test_a_conversion_is_asked_for_and_both_pages_tell_of_it(
    cast: Cast, acme: None, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)

    response = client.post(
        f"{VERSION.format(1)}convert/", {"to": "json-to-shouting", "input": "[1]"}
    )

    job = Import.objects.get(source="conversion")
    assert response["Location"] == f"/imports/{job.number}/"
    assert "Converting and comparing" in client.get(f"/imports/{job.number}/").content.decode()
    done(job)
    page = client.get(f"/imports/{job.number}/").content.decode()
    assert "churn-predictor v1 as Shouting" in page
    assert "v2" in shown(client, 1)
    derived = shown(client, 2)
    assert "Not compared" in derived
    assert "so nobody promotes it" in derived
    assert 'href="/models/churn-predictor/versions/1/#conversion"' in derived


def test_a_recalled_parent_is_told_of(
    cast: Cast, acme: None, version: ModelVersion, as_person: AsPerson
) -> None:
    made = making.new_conversion(version, cast.marc, card=False)
    making.take_away(version, "recalled")

    page = shown(as_person(cast.mina), made.number)

    assert "was recalled" in page
    assert "12 values, all the same within the tolerance" in page


def test_words_that_are_no_json_are_refused(
    cast: Cast, acme: None, version: ModelVersion, as_person: AsPerson
) -> None:
    form = {"to": "json-to-shouting", "input": "{"}
    response = as_person(cast.mina).post(f"{VERSION.format(1)}convert/", form)
    assert response.status_code == 400
    assert not Import.objects.filter(source="conversion").exists()
