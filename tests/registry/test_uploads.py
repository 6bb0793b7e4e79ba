import hashlib
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.accounts.models import User
from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from registry.models import ModelVersion, Upload, UploadFile
from registry.upload_files import PART_BYTES
from registry.uploads import (
    complete_file,
    describe,
    discard_upload,
    get_upload,
    open_upload,
    receive,
    receive_whole,
    take_upload,
    upload_folder,
)
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making

DATA = bytes(range(256)) * 8
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def upload(cast: Cast, data_folder: Path) -> Upload:
    return open_upload(actor=cast.mina)


def part(
    upload: Upload, actor: User, data: bytes, offset: int, path: str = "model.bin", **further: Any
) -> UploadFile:
    length = further.pop("length", len(data))
    return receive(
        upload, path, actor=actor, stream=io.BytesIO(data), offset=offset, length=length, **further
    )


def test_a_file_arrives_in_parts_and_is_complete_with_its_last_byte(
    cast: Cast, upload: Upload
) -> None:
    first = part(upload, cast.mina, DATA[:1000], 0, total=len(DATA), sha256=DIGEST)
    assert (first.received, first.complete) == (1000, False)

    last = part(upload, cast.mina, DATA[1000:], 1000)

    assert (last.received, last.size, last.sha256, last.complete) == (
        len(DATA), len(DATA), DIGEST, True,
    )  # fmt: skip
    with upload_folder().open(upload.pk, last.pk) as stream:
        assert stream.read() == DATA


def test_without_a_promise_a_file_is_completed_by_a_word(cast: Cast, upload: Upload) -> None:
    part(upload, cast.mina, DATA[:1000], 0)
    part(upload, cast.mina, DATA[1000:], 1000)

    done = complete_file(upload, "model.bin", actor=cast.mina, size=len(DATA), sha256=DIGEST)

    assert (done.sha256, done.complete) == (DIGEST, True)
    again = complete_file(upload, "model.bin", actor=cast.mina)
    assert again.complete


def test_a_whole_file_larger_than_a_part_arrives(cast: Cast, upload: Upload) -> None:
    size = PART_BYTES + 5
    data = io.BytesIO(bytes(size))

    file = receive_whole(upload, "big.bin", actor=cast.mina, stream=data, size=size)

    assert (file.size, file.complete) == (size, True)


def test_an_empty_file_is_a_file(cast: Cast, upload: Upload) -> None:
    file = receive_whole(upload, "empty", actor=cast.mina, stream=io.BytesIO(), size=0)

    assert (file.size, file.complete) == (0, True)


def test_a_part_that_was_received_before_is_accepted_again(cast: Cast, upload: Upload) -> None:
    for _ in range(2):
        half = part(upload, cast.mina, DATA[:1000], 0, total=len(DATA), sha256=DIGEST)
    assert half.received == 1000
    part(upload, cast.mina, DATA[1000:], 1000)

    # The answer to the last part was lost, and the sender sends it once more.
    again = part(upload, cast.mina, DATA[1000:], 1000, total=len(DATA), sha256=DIGEST)

    assert again.complete
    refusal = refused(Conflict, "file_sealed", part, upload, cast.mina, b"other", 0)
    assert refusal.details == {"size": len(DATA), "sha256": DIGEST}


def test_a_part_that_was_cut_off_leaves_nothing_behind(cast: Cast, upload: Upload) -> None:
    part(upload, cast.mina, DATA[:1000], 0, total=len(DATA))

    refused(Invalid, "part_cut_off", part, upload, cast.mina, DATA[1000:1500], 1000, length=1048)

    assert upload.files.get().received == 1000
    assert part(upload, cast.mina, DATA[1000:], 1000).complete


def test_a_gap_names_the_offset_that_is_wanted(cast: Cast, upload: Upload) -> None:
    part(upload, cast.mina, DATA[:100], 0, total=len(DATA))

    refusal = refused(Conflict, "part_gap", part, upload, cast.mina, DATA[500:], 500)

    assert refusal.details == {"wanted": 100}


def test_bytes_with_another_digest_are_thrown_away_and_sent_again(
    cast: Cast, upload: Upload
) -> None:
    wrong = DATA[:-1] + b"?"

    refused(
        Conflict, "digest_mismatch", part, upload, cast.mina, wrong, 0, total=len(DATA),
        sha256=DIGEST,
    )  # fmt: skip
    assert upload.files.get().received == 0

    assert part(upload, cast.mina, DATA, 0, total=len(DATA), sha256=DIGEST).complete


def test_a_promise_is_changed_only_while_no_byte_is_here(cast: Cast, upload: Upload) -> None:
    part(upload, cast.mina, b"", 0, total=10)
    part(upload, cast.mina, DATA[:5], 0, total=20)

    refused(Conflict, "size_mismatch", part, upload, cast.mina, DATA[5:6], 5, total=30)
    part(upload, cast.mina, DATA[5:6], 5, sha256="a" * 64)
    refused(Conflict, "digest_mismatch", part, upload, cast.mina, b"x", 6, sha256="b" * 64)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../model.bin", "path_escapes"),
        ("/etc/passwd", "path_absolute"),
        ("a\0b", "path_control_character"),
        ("", "path_empty"),
        ("MODEL.bin", "path_duplicate"),
        (".aegis/x", "path_reserved"),
    ],
)
def test_bad_paths_are_refused(cast: Cast, upload: Upload, path: str, code: str) -> None:
    part(upload, cast.mina, b"x", 0)

    refused(Invalid, code, part, upload, cast.mina, b"x", 0, path=path)

    assert upload.files.count() == 1


@pytest.mark.parametrize(
    ("further", "code"),
    [
        ({"total": -1}, "file_size_invalid"),
        ({"sha256": "A" * 64}, "file_sha256_invalid"),
        ({"sha256": "short"}, "file_sha256_invalid"),
        ({"total": 101}, "file_too_large"),
        ({"length": 101}, "file_too_large"),
        ({"total": 3}, "part_beyond_size"),
        ({"length": -1}, "part_invalid"),
    ],
)
def test_bad_promises_are_refused(
    cast: Cast, upload: Upload, settings: Settings, further: dict[str, Any], code: str
) -> None:
    settings.AEGIS_UPLOAD_FILE_BYTES = 100

    refused(Invalid, code, part, upload, cast.mina, b"four", 0, **further)


@pytest.mark.parametrize(
    ("length", "total", "code"),
    [
        (PART_BYTES + 1, PART_BYTES + 1, "part_too_large"),
        (-1, None, "part_invalid"),
        (11, 10, "part_beyond_size"),
    ],
)
def test_a_part_that_cannot_be_announces_no_file(
    cast: Cast, upload: Upload, length: int, total: int | None, code: str
) -> None:
    refused(Invalid, code, part, upload, cast.mina, DATA, 0, length=length, total=total)
    assert not upload.files.exists()


def test_an_upload_has_limits(cast: Cast, upload: Upload, settings: Settings) -> None:
    settings.AEGIS_UPLOAD_FILES = 2
    settings.AEGIS_UPLOAD_BYTES = 10
    part(upload, cast.mina, b"123456", 0, path="a")

    refused(Invalid, "upload_too_large", part, upload, cast.mina, b"12345", 0, path="b")
    part(upload, cast.mina, b"1234", 0, path="b")
    refused(Invalid, "too_many_files", part, upload, cast.mina, b"", 0, path="c")


def test_an_upload_is_its_owners_alone(cast: Cast, upload: Upload) -> None:
    part(upload, cast.mina, b"x", 0)
    for other in (cast.marc, cast.ada):
        refused(NotFound, "upload_not_found", part, upload, other, b"y", 1)
        refused(NotFound, "upload_not_found", discard_upload, upload, actor=other)
        refused(NotFound, "upload_not_found", get_upload, upload.pk, actor=other)
    for key in ("no-uuid", ""):
        refused(NotFound, "upload_not_found", get_upload, key, actor=cast.mina)

    assert get_upload(str(upload.pk), actor=cast.mina) == upload


def test_who_can_add_versions_nowhere_uploads_nothing(cast: Cast, data_folder: Path) -> None:
    refused(Forbidden, "nothing_to_upload_to", open_upload, actor=cast.vera)
    making.share(making.new_model(cast), actor=cast.marc, role="contributor", user=cast.vera)

    assert open_upload(actor=cast.vera).owner == cast.vera


def test_an_account_has_so_many_uploads_open(
    cast: Cast, upload: Upload, settings: Settings
) -> None:
    settings.AEGIS_UPLOADS_OPEN = 1

    refused(Conflict, "too_many_uploads", open_upload, actor=cast.mina)
    discard_upload(upload, actor=cast.mina)
    open_upload(actor=cast.mina)


def test_a_discarded_upload_has_no_bytes_and_takes_none(
    cast: Cast, upload: Upload, data_folder: Path
) -> None:
    part(upload, cast.mina, DATA, 0)
    assert making.stored(data_folder / "uploads")

    discard_upload(upload, actor=cast.mina)

    assert making.stored(data_folder / "uploads") == []
    refused(Conflict, "upload_discarded", part, upload, cast.mina, b"x", 0)


def test_an_expired_upload_takes_nothing_and_activity_keeps_one_alive(
    cast: Cast, upload: Upload
) -> None:
    soon = timezone.now() + timedelta(hours=1)
    Upload.objects.filter(pk=upload.pk).update(expires_at=soon)
    part(upload, cast.mina, b"x", 0)
    upload.refresh_from_db()
    assert upload.expires_at > soon + timedelta(days=5)

    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now())
    refused(Conflict, "upload_expired", part, upload, cast.mina, b"y", 1)


def test_a_description_says_how_much_has_arrived(cast: Cast, upload: Upload) -> None:
    part(upload, cast.mina, DATA[:7], 0, total=len(DATA))

    described = describe(upload)

    assert described["id"] == str(upload.pk)
    assert described["state"] == "open"
    assert described["files"] == [
        {"path": "model.bin", "size": len(DATA), "sha256": None, "received": 7, "complete": False}
    ]


def test_a_version_takes_over_a_finished_upload_once(
    cast: Cast, upload: Upload, pending: ModelVersion
) -> None:
    refused(Invalid, "no_files", take_upload, upload, actor=cast.mina, version=pending)
    part(upload, cast.mina, DATA[:7], 0, total=len(DATA))
    refusal = refused(
        Conflict, "upload_incomplete", take_upload, upload, actor=cast.mina, version=pending
    )
    assert refusal.details == {"paths": ["model.bin"]}
    part(upload, cast.mina, DATA[7:], 7)

    taken = take_upload(upload, actor=cast.mina, version=pending)

    assert [file.path for file in taken] == ["model.bin"]
    refused(Conflict, "upload_taken", take_upload, upload, actor=cast.mina, version=pending)
    refused(Conflict, "upload_taken", part, upload, cast.mina, b"x", 0, path="more")


def test_a_crash_between_sealing_and_the_row_is_mended_by_the_next_word(
    cast: Cast, upload: Upload
) -> None:
    file = part(upload, cast.mina, DATA, 0)
    upload_folder().seal(upload.pk, file.pk)

    done = complete_file(upload, "model.bin", actor=cast.mina)

    assert (done.complete, done.sha256) == (True, DIGEST)
