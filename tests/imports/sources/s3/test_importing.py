"""Whole imports from a real bucket, with a network between that breaks."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.problems import Forbidden, Invalid
from imports.asking import Wish, ask_import
from imports.models import Import
from imports.rights import grant_import_right
from imports.running import run
from registry.models import RegisteredModel, VersionFact
from registry.upload_files import PART_BYTES
from tests.cast import Cast
from tests.imports.sources.s3.conftest import Place, Shelf
from tests.recorded import last, recorded
from tests.registry import making
from tests.servers.seaweedfs.server import BUCKET, secret_of

LARGE = making.weights(bytes(range(256)) * (3 * PART_BYTES // 256))


@pytest.fixture
def importing(cast: Cast, shelf: Shelf, data_folder: Path) -> None:
    grant_import_right(cast.growth, actor=cast.ada, source="s3", place="models")


def asked(cast: Cast, shelf: Shelf, path: str = "m/", **reference: Any) -> Import:
    return ask_import(
        actor=cast.mina,
        source="s3",
        reference={"uri": shelf.uri(path), **reference},
        model_name="tiny",
        team=cast.growth,
    )


def done(job: Import) -> Import:
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk)
    job.refresh_from_db()
    return job


def test_a_folder_becomes_a_version_that_knows_the_etag_of_each_file(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    shelf.put({f"m/{path}": data for path, data in making.FILES.items()} | {"m/empty.txt": b""})
    since = last()

    job = done(asked(cast, shelf))

    assert (job.state, job.error) == ("done", "")
    version = job.made
    assert version.is_ready
    assert version.files.count() == len(making.FILES) + 1
    files = version.provenance.document["files"]
    assert all(len(file["mark"]) == 32 for file in files)
    assert version.provenance.shown == shelf.uri("m/")
    facts = dict(VersionFact.objects.filter(version=version).values_list("name", "value"))
    assert facts["source_uri"] == shelf.uri("m/")
    assert [action for action, _, _ in recorded(since)] == [
        "import:asked",
        "model:registered",
        "version:registered",
        "version:found",
        "version:scanned",
        "version:ready",
    ]


def test_the_same_objects_again_give_the_version_that_is_there(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    shelf.put({"m/a.txt": b"1"})
    first = done(asked(cast, shelf)).made
    shelf.put({"m/a.txt": b"1"})
    again = done(asked(cast, shelf))
    assert (again.state, again.same_as) == ("done", first)
    shelf.put({"m/a.txt": b"2"})
    assert done(asked(cast, shelf)).made.number == 2


FAULTS = {
    "errors": {"kind": "refuse", "status": 500, "code": "InternalError", "times": 100},
    "too much to do": {"kind": "refuse", "status": 503, "code": "SlowDown", "times": 100},
    "resets": {"kind": "reset", "times": 100},
    "lost answers": {"kind": "lost", "times": 100},
}


@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize("operation", ["get bucket", "head object", "get object"])
def test_a_bucket_that_fails_is_waited_for_and_nothing_is_made_up(
    cast: Cast, shelf: Shelf, importing: None, operation: str, fault: str
) -> None:
    shelf.put({"m/a.txt": b"1"})
    planned = shelf.proxy.plan(operation, **FAULTS[fault])
    job = done(asked(cast, shelf))
    assert (job.state, job.error_code) == ("waiting", "s3_away")
    assert f"The bucket {BUCKET} at {shelf.proxy.endpoint} does not answer" in job.error
    assert not RegisteredModel.objects.filter(name="tiny").exists()
    planned.times = 0
    job = done(job)
    assert (job.state, job.error) == ("done", "")


@pytest.mark.parametrize("kind", ["cut", "shorten"])
def test_a_body_that_breaks_off_once_is_gone_on_with(
    cast: Cast, shelf: Shelf, importing: None, kind: str
) -> None:
    shelf.put({"m/large.safetensors": LARGE})
    shelf.proxy.plan("get object", kind, times=1, after=1)  # The look.
    shelf.proxy.plan("get object", kind, times=2, after=PART_BYTES + 7)
    job = done(asked(cast, shelf))
    assert (job.state, job.error) == ("done", "")
    assert [file.size for file in job.made.files.all()] == [len(LARGE)]


def test_a_download_that_stays_broken_goes_on_later_where_it_was(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    shelf.put({"m/large.safetensors": LARGE})
    job = asked(cast, shelf)
    look = shelf.proxy.plan("get object", "delay", seconds=0)
    first = shelf.proxy.plan("get object", "cut", after=2 * PART_BYTES + 5)
    away = shelf.proxy.plan("get object", "refuse", times=100, status=500)
    job = done(job)
    assert (job.state, job.error_code) == ("waiting", "s3_away")
    assert (look.times, first.times) == (0, 0)
    (row,) = job.made.upload.files.all()
    assert row.received == 2 * PART_BYTES
    away.times = 0
    before = len(shelf.proxy.ranges)

    job = done(job)

    assert (job.state, job.error) == ("done", "")
    assert shelf.proxy.ranges[before:] == [f"bytes={2 * PART_BYTES}-{len(LARGE) - 1}"]


def test_an_object_that_is_replaced_under_way_fails_the_import(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    shelf.put({"m/large.safetensors": LARGE})
    job = asked(cast, shelf)
    shelf.proxy.plan("get object", "delay", seconds=0)
    shelf.proxy.plan("get object", "cut", after=PART_BYTES + 5)
    shelf.proxy.plan("get object", "refuse", times=100, status=500)
    job = done(job)
    assert job.state == "waiting"
    shelf.put({"m/large.safetensors": making.weights(bytes(len(LARGE)))})
    shelf.proxy.clear()

    job = done(job)

    assert (job.state, job.error_code) == ("failed", "source_changed")
    assert "large.safetensors" in job.error


def test_a_checksum_that_the_bytes_do_not_have_fails_the_import(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    shelf.put({"m/a.txt": b"1"})
    header = {"x-amz-checksum-sha256": "A" * 43 + "="}
    shelf.proxy.plan("head object", "tell", times=1, headers=header)
    job = done(asked(cast, shelf))
    assert (job.state, job.error_code) == ("failed", "upstream_digest_mismatch")


def test_a_server_that_passes_conditions_over_is_found_out(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    shelf.put({"m/a.txt": b"1"})
    job = asked(cast, shelf)
    shelf.proxy.plan("get object", "delay", seconds=0)  # The look.
    shelf.proxy.plan("get object", "tell", headers={"ETag": '"another"'})
    job = done(job)
    assert (job.state, job.error_code) == ("failed", "source_changed")


def test_a_long_address_is_imported_as_any_other(cast: Cast, shelf: Shelf, importing: None) -> None:
    folder = "/".join(["d" * 200] * 4)
    shelf.put({f"{folder}/a.txt": b"1"})
    job = done(asked(cast, shelf, f"{folder}/"))
    assert (job.state, job.error) == ("done", "")
    assert job.made.provenance.identity.startswith(f"s3:models:{shelf.uri(folder)}/@")


def test_an_archived_object_is_told_of_before_anything_is_registered(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    shelf.put({"m/a.txt": b"1"})
    archived = {"x-amz-storage-class": "GLACIER"}
    shelf.proxy.plan("head object", "tell", headers=archived)
    job = done(asked(cast, shelf))
    assert (job.state, job.error_code, job.version) == ("failed", "s3_archived", None)
    restored = archived | {"x-amz-restore": 'ongoing-request="false", expiry-date="Fri"'}
    shelf.proxy.plan("head object", "tell", headers=restored)
    assert done(asked(cast, shelf)).state == "done"


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (403, "AccessDenied", "not authorized to perform: kms:Decrypt", "s3_kms_denied"),
        (400, "KMS.DisabledException", "", "s3_kms_denied"),
        (403, "InvalidObjectState", "", "s3_archived"),
        (400, "InvalidRequest", "a form of Server Side Encryption", "s3_customer_key"),
        (403, "AccessDenied", "", "s3_access_denied"),
        (400, "AuthorizationHeaderMalformed", "", "s3_wrong_region"),
        (400, "Odd", "", "s3_refused"),
    ],
)
def test_what_a_bucket_keeps_to_itself_leaves_nothing_behind(
    cast: Cast,
    shelf: Shelf,
    importing: None,
    data_folder: Path,
    status: int,
    code: str,
    message: str,
    expected: str,
) -> None:
    shelf.put({"m/a.txt": b"1"})
    further = {"status": status, "code": code, "message": message, "times": 9}
    for operation in ("head object", "get object"):
        shelf.proxy.plan(operation, "refuse", **further)
    job = done(asked(cast, shelf))
    assert (job.state, job.error_code, job.version) == ("failed", expected, None)
    assert not RegisteredModel.objects.filter(name="tiny").exists()
    assert making.stored(data_folder / "uploads") == []


def test_a_credential_that_expired_is_waited_for(cast: Cast, shelf: Shelf, importing: None) -> None:
    shelf.put({"m/a.txt": b"1"})
    shelf.proxy.plan("get bucket", "refuse", status=400, code="ExpiredToken")
    job = done(asked(cast, shelf))
    assert (job.state, job.error_code) == ("waiting", "s3_credential_expired")
    assert done(job).state == "done"


def test_a_place_that_may_not_be_reached_is_not_asked(
    cast: Cast, shelf: Shelf, importing: None, settings: Settings
) -> None:
    settings.AEGIS_EGRESS_ALLOW = frozenset()
    job = done(asked(cast, shelf))
    assert (job.state, job.error_code) == ("failed", "egress_refused")
    assert shelf.proxy.seen == []


def test_the_right_is_of_a_team_and_a_bucket(
    cast: Cast, shelf: Shelf, place: Place, importing: None
) -> None:
    place("other", prefix=f"{shelf.place.prefix}/deeper")
    for person, team, path in (
        (cast.mina, cast.growth, "deeper/m/"),
        (cast.ada, cast.risk_team, "m/"),
    ):
        with pytest.raises(Forbidden) as refusal:
            ask_import(
                actor=person,
                source="s3",
                reference={"uri": shelf.uri(path)},
                model_name="tiny",
                team=team,
            )
        assert refusal.value.code == "import_right_missing"
    assert asked(cast, shelf, "deeper/m/", bucket="models").state == "waiting"


def test_a_bucket_that_is_no_longer_configured_is_not_asked(
    cast: Cast, shelf: Shelf, importing: None, settings: Settings
) -> None:
    shelf.put({"m/a.txt": b"1"})
    job = asked(cast, shelf)
    settings.AEGIS_IMPORT_BUCKETS = {}
    job = done(job)
    assert (job.state, job.error_code) == ("failed", "s3_reference_invalid")
    assert shelf.proxy.seen == []


def test_what_cannot_be_right_is_refused_when_it_is_asked_for(
    cast: Cast, shelf: Shelf, importing: None
) -> None:
    for uri in ("", "m/", f"s3://{BUCKET}-other/m/", shelf.uri("../x"), shelf.uri("a//b")):
        with pytest.raises(Invalid) as refusal:
            ask_import(
                actor=cast.mina,
                source="s3",
                reference={"uri": uri},
                model_name="tiny",
                team=cast.growth,
                wish=Wish(),
            )
        assert refusal.value.code == "s3_reference_invalid"
    assert not Import.objects.exists()


@pytest.mark.usefixtures("importing")
def test_no_key_reaches_a_log_or_a_row(
    cast: Cast, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shelf.put({"m/a.txt": b"1"})
    job = asked(cast, shelf)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "done"
    canary = secret_of("reader")
    rows = [*Import.objects.values(), *job.steps.values(), job.made.provenance.document]
    for text in (caplog.text, str(rows)):
        assert canary not in text
        assert "Signature=" not in text
        assert "Authorization" not in text
