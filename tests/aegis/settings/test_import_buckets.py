import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from aegis.problems import Unavailable
from aegis.settings import addresses, import_buckets
from aegis.settings.import_buckets import VARIABLE, ImportBucket
from imports.sources.s3.credentials import Key, key_of

CANARY = "canary-5be1c0"
KEY = {"access_key_id": "AKIA", "secret_access_key": CANARY}
STORAGE = addresses.storage("AEGIS_STORAGE_URL", "s3://aegis/packages")


def read(
    monkeypatch: pytest.MonkeyPatch, buckets: Any, storage: addresses.Storage = STORAGE
) -> dict[str, ImportBucket]:
    monkeypatch.setenv(VARIABLE, json.dumps(buckets))
    return import_buckets.read(storage)


def test_none_is_configured_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert import_buckets.read(STORAGE) == {}


def test_a_bucket_has_its_prefix_server_and_region(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "s3://models/team-a?endpoint_url=https://s3.example:9000/&region=eu-central-1"
    (found,) = read(monkeypatch, {"main": {"url": url}}).values()
    assert (found.name, found.bucket, found.prefix) == ("main", "models", "team-a")
    assert (found.endpoint_url, found.region) == ("https://s3.example:9000", "eu-central-1")
    assert found.address == "s3://models/team-a/"
    assert read(monkeypatch, {"all": {"url": "s3://models"}})["all"].address == "s3://models/"


@pytest.mark.parametrize(
    ("credential", "key"),
    [
        ({}, None),
        (KEY, Key("AKIA", CANARY)),
        ({**KEY, "session_token": "t"}, Key("AKIA", CANARY, "t")),
        (
            {"access_key_id_env": "A_OF_TESTS", "secret_access_key_env": "B_OF_TESTS"},
            Key("a", CANARY),
        ),
    ],
)
def test_each_way_to_give_a_credential_makes_one_key(
    credential: dict[str, str], key: Key | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_OF_TESTS", "a")
    monkeypatch.setenv("B_OF_TESTS", f"{CANARY}\n")
    bucket = read(monkeypatch, {"m": {"url": "s3://models", "credential": credential}})["m"]
    assert key_of(bucket) == key


def test_a_file_of_credentials_is_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "credentials"
    given = {"credentials_file": str(path), "profile": "models"}
    bucket = read(monkeypatch, {"m": {"url": "s3://models", "credential": given}})["m"]
    for text in (
        None,
        "no section",
        "[other]\naws_access_key_id=a\naws_secret_access_key=b\n",
        "[models]\naws_access_key_id=a\n",
        f"[models]\naws_access_key_id=a\naws_secret_access_key={CANARY} é\n",
        f"[models\n{CANARY}",
    ):
        if text is not None:
            path.write_text(text)
        with pytest.raises(Unavailable) as refusal:
            key_of(bucket)
        assert refusal.value.code == "s3_credential_missing"
        assert CANARY not in refusal.value.in_full
    for token in ("one", "two"):
        path.write_text(
            f"[models]\naws_access_key_id = a\naws_secret_access_key = %b\n"
            f"aws_session_token = {token}\n"
        )
        assert key_of(bucket) == Key("a", "%b", token)


@pytest.mark.parametrize(
    "buckets",
    [
        {"m": CANARY},
        {"m": {"credential": KEY}},
        {"m": {"url": "s3://models", "secret": CANARY}},
        {"m": {"url": "s3://models", "credential": CANARY}},
        {"m": {"url": "s3://models", "credential": {"access_key_id": CANARY}}},
        {"m": {"url": "s3://models", "credential": {**KEY, "credentials_file": "/x"}}},
        {"m": {"url": "s3://models", "credential": {**KEY, "secret_access_key": f"{CANARY} x"}}},
        {"m": {"url": "s3://models", "credential": {**KEY, "secret_access_key": 7}}},
        {"m": {"url": "s3://models", "credential": {"credentials_file": CANARY}}},
        {
            "m": {
                "url": "s3://models",
                "credential": {"access_key_id_env": "NONE_X", "secret_access_key_env": "NONE_Y"},
            }
        },
        {"m": {"url": f"s3://AKIA:{CANARY}@models"}},
        {"m": {"url": f"s3://models?secret={CANARY}"}},
        {"m": {"url": "s3://models?public_endpoint_url=https://s3.example"}},
        {"m": {"url": f"s3://models?endpoint_url=https://a:{CANARY}@s3.example"}},
        {"m": {"url": "s3://models/../x"}},
        {"m": {"url": "file:///models"}},
        {"m": {"url": "models"}},
        {"m": {"url": 7}},
        {"my bucket": {"url": "s3://models"}},
    ],
)
def test_what_cannot_be_right_is_refused_without_its_secret(
    buckets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(monkeypatch, buckets)
    assert VARIABLE in str(refused.value)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "store", "meets"),
    [
        ("s3://aegis", "s3://aegis/packages", True),
        ("s3://aegis/packages", "s3://aegis/packages", True),
        ("s3://aegis/packages/x", "s3://aegis/packages", True),
        ("s3://aegis/x", "s3://aegis", True),
        ("s3://aegis/pack", "s3://aegis/packages", False),
        ("s3://aegis/packages2", "s3://aegis/packages", False),
        ("s3://other", "s3://aegis/packages", False),
        ("s3://aegis?endpoint_url=https://b.example", "s3://aegis", False),
        ("s3://aegis", "file:///srv/aegis", False),
    ],
)
def test_nothing_is_imported_from_where_packages_are_kept(
    url: str, store: str, meets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = addresses.storage("AEGIS_STORAGE_URL", store)
    if not meets:
        assert read(monkeypatch, {"m": {"url": url}}, storage)
        return
    with pytest.raises(ImproperlyConfigured, match="keeps packages in"):
        read(monkeypatch, {"m": {"url": url}}, storage)


def test_no_text_of_a_bucket_or_key_shows_its_credential(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buckets = read(monkeypatch, {"m": {"url": "s3://models", "credential": KEY}})
    assert CANARY not in f"{buckets!r} {buckets['m']} {key_of(buckets['m'])!r}"


@pytest.mark.parametrize(
    ("key", "is_part"),
    [("team-a", True), ("team-a/x", True), ("team-a2/x", False), ("", False), ("x/team-a", False)],
)
def test_a_prefix_is_a_folder_and_not_the_begin_of_a_name(key: str, is_part: bool) -> None:
    assert ImportBucket("m", "models", "team-a").covers(key) == is_part
    assert ImportBucket("m", "models").covers(key)
