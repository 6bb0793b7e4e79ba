from typing import Any

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Invalid
from aegis.settings.import_buckets import ImportBucket
from imports.sources.s3.references import Reference, check_reference


@pytest.fixture(autouse=True)
def buckets(settings: Settings) -> None:
    made = (
        ImportBucket("team-a", "models", "team-a"),
        ImportBucket("narrow", "models", "team-a/secret"),
        ImportBucket("whole", "open"),
        ImportBucket("east", "twin", endpoint_url="https://east.example"),
        ImportBucket("west", "twin", endpoint_url="https://west.example"),
    )
    settings.AEGIS_IMPORT_BUCKETS = {one.name: one for one in made}


@pytest.mark.parametrize(
    ("uri", "bucket", "kept"),
    [
        ("s3://models/team-a/x.bin", "team-a", "s3://models/team-a/x.bin"),
        (" s3://models/team-a/x/ ", "team-a", "s3://models/team-a/x/"),
        ("s3://models/team-a", "team-a", "s3://models/team-a/"),
        ("s3://models/team-a/", "team-a", "s3://models/team-a/"),
        ("s3://models/team-a/secret/x", "narrow", "s3://models/team-a/secret/x"),
        ("s3://models/team-a/secrets/x", "team-a", "s3://models/team-a/secrets/x"),
        ("s3://open", "whole", "s3://open/"),
        ("s3://open/", "whole", "s3://open/"),
        ("s3://open/a?b#c%2Fd", "whole", "s3://open/a?b#c%2Fd"),
        ("s3://open/größe/モデル", "whole", "s3://open/größe/モデル"),
    ],
)
def test_an_address_belongs_to_the_narrowest_bucket_that_has_it(
    uri: str, bucket: str, kept: str
) -> None:
    found = check_reference({"uri": uri})
    assert found == {"bucket": bucket, "uri": kept, "include": [], "exclude": []}
    assert check_reference(found) == found


def test_a_bucket_can_be_named_where_several_have_the_address() -> None:
    found = check_reference({"uri": "s3://models/team-a/secret/x", "bucket": "team-a"})
    assert found["bucket"] == "team-a"
    assert check_reference({"uri": "s3://twin/x", "bucket": "west"})["bucket"] == "west"
    with pytest.raises(Invalid, match="nothing says which one") as refusal:
        check_reference({"uri": "s3://twin/x"})
    assert refusal.value.mend == "Name one as bucket: east, west."


def test_what_may_be_an_object_or_a_folder_stays_open() -> None:
    assert not Reference.read({"uri": "s3://open/x"}).is_folder
    assert Reference.read({"uri": "s3://open/x/"}).is_folder
    assert Reference.read({"uri": "s3://open/x/"}).folder == "x/"
    assert Reference.read({"uri": "s3://open"}).folder == ""


@pytest.mark.parametrize(
    "uri",
    [
        "s3://models/team-a-secret/x",
        "s3://models/team-a2",
        "s3://models/",
        "s3://models/team",
        "s3://models/team-a/../team-b/x",
        "s3://models/team-a/./x",
        "s3://models/team-a/%2e%2e/team-b/x",
        "s3://models/team-a/%252E%252e/team-b/x",
        "s3://models/team-a//x",
        "s3://models//team-a/x",
        "s3://models/team-a/x//",
        "s3://models/TEAM-A/x",
        "s3://open//abs",
        "s3://Open/x",
        "s3://open.example/x",
        "s3:///x",
        "s3://",
        "s3:/open/x",
        "S3://open/x",
        "https://open.s3.amazonaws.com/x",
        "open/x",
        "s3://open/a\u202eb",
        "s3://open/a\x00b",
        "s3://open/a\nb",
        "s3://open/" + "é" * 513,
        "s3://none/x",
        None,
        7,
        ["s3://open/x"],
    ],
)
def test_what_leads_elsewhere_or_nowhere_is_refused(uri: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        check_reference({"uri": uri})
    assert (refusal.value.code, refusal.value.details.get("field", "uri")) == (
        "s3_reference_invalid",
        "uri",
    )


@pytest.mark.parametrize(
    ("reference", "field"),
    [
        ({"uri": "s3://open/x", "bucket": "none"}, "bucket"),
        ({"uri": "s3://open/x", "bucket": ["whole"]}, "bucket"),
        ({"uri": "s3://open/x", "bucket": "team-a"}, "uri"),
        ({"uri": "s3://open/x", "version": "1"}, "reference"),
        ({"uri": "s3://open/x", "include": 7}, "include"),
        ({"uri": "s3://open/x", "exclude": ["a"] * 51}, "exclude"),
    ],
)
def test_a_refusal_names_the_field_that_is_to_blame(reference: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_reference(reference)
    assert refusal.value.field == field


def test_an_address_that_holds_a_secret_is_kept_nowhere() -> None:
    for uri in (f"s3://open/ghp_{'a1B2' * 9}/x", "s3://user:a1B2word@open/x"):
        with pytest.raises(Invalid) as refusal:
            check_reference({"uri": uri})
        assert refusal.value.code == "secret_found"
        assert "a1B2" not in refusal.value.in_full


def test_without_a_bucket_nothing_can_be_meant(settings: Settings) -> None:
    settings.AEGIS_IMPORT_BUCKETS = {}
    with pytest.raises(Invalid, match="No bucket is configured"):
        check_reference({"uri": "s3://open/x"})
