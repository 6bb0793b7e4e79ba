"""Sending files in parts, as the page's script and other clients do, and sending them again."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registry.models import Evidence, ModelVersion, RegisteredModel, Upload
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.cast import Cast

pytestmark = pytest.mark.django_db

VERSIONS = "models/churn-predictor/versions/"


@pytest.fixture
def files(mina: Api) -> str:
    """The address of the files of a fresh upload."""
    return f"uploads/{mina.post('uploads/').made()['id']}/files/"


def test_an_empty_file_is_complete_at_once(mina: Api, files: str) -> None:
    sent = mina.part(f"{files}empty.txt", b"", Upload_Offset="0").made(200)
    assert (sent["size"], sent["complete"]) == (0, True)
    assert sent["sha256"] == hashlib.sha256(b"").hexdigest()


def test_a_sender_that_lost_its_place_is_told_it(mina: Api, files: str) -> None:
    path = f"{files}a/b c.bin"
    mina.part(path, b"0123", Content_Range="bytes 0-3/10").made(200)
    gap = mina.part(path, b"89", Content_Range="bytes 8-9/10", Upload_Offset="8")
    assert gap.refused(409) == "part_gap"
    assert gap.json["wanted"] == 4
    assert mina.get(path).headers["Upload-Offset"] == "4"
    head = mina.send("HEAD", path)
    assert (head.bytes, head.headers["Upload-Offset"]) == (b"", "4")
    whole = mina.part(path, b"456789", Upload_Offset="4").made(200)
    assert (whole["complete"], whole["size"]) == (True, 10)
    sealed = mina.part(path, b"0123", Content_Range="bytes 0-3/10")
    assert sealed.refused(409) == "file_sealed"
    assert sealed.json["sha256"] == hashlib.sha256(b"0123456789").hexdigest()


def test_what_does_not_add_up_is_refused(mina: Api, files: str) -> None:
    path = f"{files}a.bin"
    assert mina.part(path, b"abc", Content_Range="bytes 0-9/10").refused(400) == (
        "content_range_invalid"
    )
    assert mina.part(path, b"abc", Content_Range="bytes 3-5/6", Upload_Offset="2").refused(400) == (
        "upload_offset_differs"
    )
    assert mina.part(path, b"abc", Upload_Offset="-1").refused(400) == "header_invalid"
    assert mina.part(path, b"abc", X_Content_SHA256="x").refused(400) == "file_sha256_invalid"
    other = mina.part(path, b"abc", X_Content_SHA256="0" * 64)
    assert other.refused(409) == "digest_mismatch"
    assert mina.part(f"{files}%2e%2e/a.bin", b"x").refused(400) == "path_escapes"
    assert mina.part(f"{files}a%00b", b"x").refused(400).startswith("path_")
    mina.part(f"{files}b.bin", b"b").made(200)
    assert mina.part(f"{files}B.bin", b"b").refused(400) == "path_duplicate"
    huge = mina.part(f"{files}c.bin", b"", Content_Range="bytes 0-99999999999/*")
    assert huge.refused(400) == "content_range_invalid"


def test_a_file_can_be_left_out_again(mina: Api, files: str) -> None:
    upload = files.removesuffix("files/")
    mina.part(f"{files}a.bin", b"a").made(200)
    mina.part(f"{files}b.bin", b"12", Content_Range="bytes 0-1/9").made(200)
    assert mina.delete(f"{files}a.bin").status == 204
    assert mina.delete(f"{files}a.bin").refused(404) == "upload_file_missing"
    assert mina.delete(f"{files}b.bin").status == 204
    assert mina.get(upload).made(200)["files"] == []
    again = mina.part(f"{files}a.bin", b"other").made(200)
    assert (again["size"], again["complete"]) == (5, True)
    assert mina.delete(upload).status == 204
    assert mina.part(f"{files}a.bin", b"a").refused(409) == "upload_discarded"


def test_an_upload_is_its_owners_alone(mina: Api, by_token: Caller, cast: Cast, files: str) -> None:
    marc = by_token(cast.marc)
    assert marc.get(files.removesuffix("files/")).refused(404) == "upload_not_found"
    assert marc.part(f"{files}a.bin", b"a").refused(404) == "upload_not_found"
    assert [one["id"] for one in mina.get("uploads/").made(200)["results"]] == [files.split("/")[1]]
    assert marc.get("uploads/").made(200)["results"] == []


def test_a_post_that_is_sent_twice_makes_one_version(
    mina: Api, model: RegisteredModel, files: str
) -> None:
    mina.part(f"{files}a.bin", b"a").made(200)
    asked = {"upload": files.split("/")[1], "label": "1.0.0"}
    first = mina.post(VERSIONS, asked, Idempotency_Key="one")
    second = mina.post(VERSIONS, asked, Idempotency_Key="one")
    assert first.made(202) == second.made(202)
    assert second.headers["Idempotent-Replay"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert ModelVersion.objects.count() == 1
    other = mina.post(VERSIONS, {**asked, "label": "2.0.0"}, Idempotency_Key="one")
    assert other.refused(409) == "idempotency_key_reused"
    for key in ("x" * 300, "", "a\x7fb"):
        again = mina.post(VERSIONS, asked, Idempotency_Key=key)
        assert again.refused(400) == "idempotency_key_invalid"
    assert ModelVersion.objects.count() == 1


def test_a_refused_post_may_be_mended_under_its_key(
    mina: Api, model: RegisteredModel, files: str
) -> None:
    asked = {"upload": files.split("/")[1]}
    assert mina.post(VERSIONS, asked, Idempotency_Key="two").status == 400
    mina.part(f"{files}a.bin", b"a").made(200)
    mina.post(VERSIONS, asked, Idempotency_Key="two").made(202)


def test_keys_of_two_people_do_not_meet(mina: Api, by_token: Caller, cast: Cast) -> None:
    mina.post("uploads/", Idempotency_Key="three").made()
    by_token(cast.marc).post("uploads/", Idempotency_Key="three").made()
    assert Upload.objects.count() == 2


def test_another_file_under_the_same_key_is_another_request(
    mina: Api, version: ModelVersion
) -> None:
    def attach(content: bytes) -> int:
        fields = {
            "kind": "validation",
            "title": "Validation",
            "file": SimpleUploadedFile("v.txt", content),
        }
        return mina.form(f"{VERSIONS}1/evidence/", fields, Idempotency_Key="four").status

    assert [attach(b"one"), attach(b"one"), attach(b"two")] == [201, 201, 409]
    assert Evidence.objects.count() == 1
