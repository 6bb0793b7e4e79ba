"""What a reference to a real bucket is found to be, before anything is fetched."""

import base64
import hashlib
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from aegis.proof.streams import chunks
from imports.sources.protocol import Plan, PlannedFile
from imports.usable_plans import usable
from tests.imports.sources.s3.conftest import Place, Shelf
from tests.servers.seaweedfs.server import BUCKET, S3Server

FILES = {"a/model.bin": b"weights", "a/config.json": b"{}", "a/deep/er/x.txt": b"x", "ab/y": b"y"}


def paths(plan: Plan) -> list[str]:
    return [file.path for file in plan.files]


def codes(plan: Plan) -> list[tuple[str, bool]]:
    return [(notice.code, notice.refuses) for notice in plan.notices]


def content(shelf: Shelf, plan: Plan, file: PlannedFile, offset: int = 0) -> bytes:
    with shelf.source.open(plan, file, offset=offset) as stream:
        return b"".join(chunks(stream))


def test_a_folder_is_what_lies_below_it_and_nothing_beside(shelf: Shelf) -> None:
    shelf.put(FILES)
    plan = shelf.plan("a/")
    assert paths(plan) == ["config.json", "deep/er/x.txt", "model.bin"]
    assert plan == shelf.plan("a")
    assert (plan.shown, plan.is_complete, plan.notices) == (shelf.uri("a/"), True, ())
    assert plan.pinned == {
        "bucket": "models",
        "storage_endpoint": shelf.proxy.endpoint,
    }
    assert [content(shelf, plan, file) for file in plan.files] == [b"{}", b"x", b"weights"]


def test_one_object_is_a_file_of_its_own_name(shelf: Shelf) -> None:
    shelf.put(FILES)
    plan = shelf.plan("a/model.bin")
    (file,) = plan.files
    assert (file.path, file.size, file.version) == ("model.bin", 7, "")
    assert file.mark == hashlib.md5(b"weights").hexdigest()
    assert plan.pinned["etag"] == plan.facts["source_revision"] == file.mark
    assert content(shelf, plan, file, 3) == b"ghts"
    assert content(shelf, plan, file, 7) == b""


def test_an_object_wins_over_a_folder_of_its_name_and_says_so(shelf: Shelf) -> None:
    shelf.put({"model": b"1", "model/a.txt": b"2"})
    plan = shelf.plan("model")
    assert (paths(plan), codes(plan)) == (["model"], [("s3_folder_beside", False)])
    assert paths(shelf.plan("model/")) == ["a.txt"]


def test_the_whole_of_what_is_configured_can_be_meant(shelf: Shelf) -> None:
    shelf.put({"a.txt": b"1", "b/c.txt": b"2"})
    for uri in (shelf.uri(), shelf.uri().rstrip("/")):
        assert paths(shelf.source.plan({"uri": uri})) == ["a.txt", "b/c.txt"]


def test_folder_markers_are_no_files(shelf: Shelf) -> None:
    shelf.put({"m/": b"", "m/sub/": b"", "m/a.txt": b"1"})
    plan = shelf.plan("m/")
    assert (paths(plan), plan.is_complete, plan.notices) == (["a.txt"], True, ())


def test_an_empty_folder_and_a_missing_object_are_not_there(shelf: Shelf) -> None:
    shelf.put({"m/": b""})
    for path in ("m/", "m", "none", "none/"):
        with pytest.raises(NotFound) as refusal:
            shelf.plan(path)
        assert refusal.value.code == "s3_nothing_there"
        assert shelf.uri(path) in refusal.value.sentence


def test_patterns_choose_and_what_stays_behind_is_listed(shelf: Shelf) -> None:
    shelf.put(FILES)
    plan = shelf.plan("a/", include=["*.json", "deep/"], exclude=["*.txt"])
    assert paths(plan) == ["config.json"]
    assert not plan.is_complete
    assert [(file.path, file.rule, file.size) for file in plan.left_out] == [
        ("deep/er/x.txt", "exclude *.txt", 1),
        ("model.bin", "no include pattern", 7),
    ]
    assert codes(shelf.plan("a/", include=["nothing"])) == [("s3_nothing_left", True)]
    alone = shelf.plan("a/model.bin", exclude=["*.bin"])
    assert codes(alone) == [("s3_nothing_left", True)]


def test_equal_objects_have_one_identity_and_others_another(shelf: Shelf) -> None:
    shelf.put({"m/a": b"1", "m/b": b"2"})
    first = shelf.plan("m/")
    shelf.put({"m/a": b"1"})
    assert shelf.plan("m/").identity == first.identity
    shelf.put({"m/a": b"3"})
    assert shelf.plan("m/").identity != first.identity


def test_a_checksum_of_the_whole_object_is_what_its_bytes_are_held_against(shelf: Shelf) -> None:
    digest = hashlib.sha256(b"weights").digest()
    shelf.put(
        {"m/model.bin": b"weights"},
        ChecksumSHA256=base64.b64encode(digest).decode(),
    )
    (file,) = shelf.plan("m/").files
    assert file.sha256 == digest.hex()


def test_keys_that_are_no_paths_refuse_the_import_until_they_are_left_out(shelf: Shelf) -> None:
    shelf.put({"m/a.txt": b"1", "m/e\u0301.txt": b"2"})
    plan = shelf.plan("m/")
    assert codes(plan) == [("s3_key_unusable", True)]
    assert "NFC" in plan.notices[0].sentence
    assert paths(usable(plan)) == ["a.txt"]
    assert paths(shelf.plan("m/", exclude=["e\u0301*"])) == ["a.txt"]


def test_keys_of_any_language_and_sign_are_found(shelf: Shelf) -> None:
    names = ["größe/モデル.bin", "a b+c&d=e?f#g%2Fh~'()!*@,;:$.txt", "100%.txt", "%2e%2e.txt"]
    shelf.put({f"m/{name}": name.encode() for name in names})
    plan = shelf.plan("m/")
    assert sorted(paths(plan)) == sorted(names)
    for file in plan.files:
        assert content(shelf, plan, file) == file.path.encode()
        assert paths(shelf.plan(f"m/{file.path}")) == [file.path.rpartition("/")[2]]


def test_a_listing_of_several_pages_is_read_to_its_end(shelf: Shelf) -> None:
    shelf.put({f"m/{number:04}.txt": b"" for number in range(1_100)})
    plan = shelf.plan("m/")
    assert paths(plan) == [f"{number:04}.txt" for number in range(1_100)]
    assert shelf.proxy.seen.count("get bucket") == 2


def test_too_much_is_told_before_it_is_fetched(shelf: Shelf, settings: Settings) -> None:
    shelf.put({"m/a": b"12345", "m/b": b"1"})
    settings.AEGIS_UPLOAD_FILES, settings.AEGIS_UPLOAD_BYTES = 1, 5
    settings.AEGIS_UPLOAD_FILE_BYTES = 4
    plan = shelf.plan("m/")
    assert codes(plan) == [
        ("file_too_large", True),
        ("too_many_files", True),
        ("upload_too_large", True),
    ]


def test_more_objects_than_are_looked_through_are_refused(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put({f"m/{number}": b"" for number in range(4)})
    monkeypatch.setattr("imports.sources.s3.objects.LISTED", 3)
    with pytest.raises(Invalid) as refusal:
        shelf.plan("m/")
    assert refusal.value.code == "s3_too_many_objects"


def test_a_model_of_mlflow_tells_what_it_runs_with(shelf: Shelf) -> None:
    shelf.put(
        {
            "m/MLmodel": b"flavors: {sklearn: {sklearn_version: 1.7.2}, python_function: {}}\n",
            "m/requirements.txt": b"scikit-learn==1.7.2\n",
            "m/model.pkl": b"x",
        }
    )
    plan = shelf.plan("m/")
    assert plan.facts["framework"] == "scikit-learn"
    assert plan.facts["environment"] == {"scikit-learn": "1.7.2"}
    assert "scikit-learn 1.7.2" in plan.card["dependencies"]
    assert plan.about_model == {"framework": "scikit-learn"}
    assert usable(plan).notices == ()


VERSIONED = "aegis-versioned"


@pytest.fixture
def versioned(s3: S3Server, place: Place, shelf: Shelf) -> Shelf:
    admin = s3.client("admin")
    name = f"{VERSIONED}-{uuid4().hex[:12]}"
    admin.create_bucket(Bucket=name)
    admin.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Shelf(s3, shelf.proxy, place("versioned", bucket=name, prefix="p"))


def test_the_version_that_was_looked_up_is_fetched_whatever_is_put_there(versioned: Shelf) -> None:
    versioned.put({"m/a.txt": b"first"})
    plan = versioned.plan("m/a.txt")
    (file,) = plan.files
    assert file.version
    assert plan.pinned["version_id"] == plan.facts["source_revision"] == file.version
    versioned.put({"m/a.txt": b"second"})
    assert content(versioned, plan, file) == b"first"
    versioned.remove("m/a.txt")
    assert content(versioned, plan, file) == b"first"
    key = f"{versioned.place.prefix}/m/a.txt"
    admin = versioned.server.client("admin")
    admin.delete_object(Bucket=versioned.place.bucket, Key=key, VersionId=file.version)
    with pytest.raises(Conflict) as refusal:
        content(versioned, plan, file)
    assert refusal.value.code == "source_changed"


@pytest.mark.parametrize(
    ("changed", "kind", "code"),
    [
        ({"bucket": "aegis-none"}, NotFound, "s3_bucket_missing"),
        ({"bucket": "closed-tests"}, Forbidden, "s3_access_denied"),
        (
            {"credential": {"access_key_id": "reader", "secret_access_key": "wrong"}},
            Forbidden,
            "s3_credentials_refused",
        ),
        (
            {"credential": {"access_key_id": "nobody", "secret_access_key": "x"}},
            Forbidden,
            "s3_credentials_refused",
        ),
        ({"credential": {}}, Forbidden, "s3_access_denied"),
    ],
)
def test_each_thing_that_may_be_wrong_has_its_sentence(
    changed: dict[str, object], kind: type[Exception], code: str, place: Place, shelf: Shelf
) -> None:
    admin = shelf.server.client("admin")
    if "closed-tests" in changed.values():
        admin.create_bucket(Bucket="closed-tests")
    there = Shelf(shelf.server, shelf.proxy, place("other", **changed))
    for path in ("m", "m/"):
        with pytest.raises(kind) as refusal:
            there.source.plan({"uri": there.uri(path), "bucket": "other"})
        assert refusal.value.code == code
        assert refusal.value.mend
        assert BUCKET in str(refusal.value) or there.place.bucket in str(refusal.value)
