"""Bytes that a model has already give that version, unless another one is asked for."""

import hashlib
from typing import Any

import pytest
from django.utils import timezone

from aegis.problems import Conflict, Forbidden, NotFound
from imports.uploading import register_upload
from registry.compromises import mark_compromised
from registry.models import ModelVersion, RegisteredModel, SigningKeyVersion, Upload
from registry.quarantine import quarantine
from registry.upload_promises import announce
from registry.uploads import discard_upload, locked_upload, open_upload
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making
from tests.registry.redacting import agree, propose


def sent(cast: Cast, files: dict[str, bytes] = making.FILES) -> Upload:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina, files)
    return upload


def announced(cast: Cast, files: dict[str, bytes] = making.FILES) -> Upload:
    upload = open_upload(actor=cast.mina)
    for path, data in files.items():
        with locked_upload(upload, cast.mina) as locked:
            digest = hashlib.sha256(data).hexdigest()
            announce(locked, path, end=0, total=len(data), sha256=digest)
    return upload


@pytest.mark.parametrize("upload", [sent, announced])
def test_the_same_bytes_give_the_version_that_has_them(
    cast: Cast, model: RegisteredModel, version: ModelVersion, upload: Any
) -> None:
    made = upload(cast)
    since = last()
    found = register_upload(model, made, actor=cast.mina, label="2.0.0")
    assert found.already_registered
    assert (found.version, found.job) == (version, None)
    assert recorded(since) == []
    assert ModelVersion.objects.filter(registered_model=model).count() == 1
    made.refresh_from_db()
    assert made.state == Upload.State.OPEN


def test_another_version_of_them_is_made_where_it_is_asked_for(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    upload = sent(cast)
    assert register_upload(model, upload, actor=cast.mina).already_registered
    found = register_upload(model, upload, actor=cast.mina, new_version=True)
    assert not found.already_registered
    assert found.version.number == version.number + 1
    assert found.equals.readable == version


def test_other_bytes_and_other_names_are_another_version(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    changed = {**making.FILES, "config.json": b'{"layers": 3}'}
    renamed = {**making.FILES, "settings.json": making.FILES["config.json"]}
    del renamed["config.json"]
    for files in (changed, renamed):
        assert not register_upload(model, sent(cast, files), actor=cast.mina).already_registered


def test_the_bytes_of_another_model_are_none_of_this_one(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    other = making.new_model(cast, "other-model")
    assert not register_upload(other, sent(cast), actor=cast.mina).already_registered


def test_bytes_that_are_announced_and_not_there_must_be_sent(
    cast: Cast, model: RegisteredModel
) -> None:
    upload = announced(cast)
    refused(Conflict, "upload_incomplete", register_upload, model, upload, actor=cast.mina)


def test_a_version_that_is_not_given_out_stands_in_for_none(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    quarantine(version, cause="bytes", sentence="Its package changed.")
    found = register_upload(model, sent(cast), actor=cast.mina)
    assert not found.already_registered
    assert [(one.version, one.code) for one in found.equals.remarks] == [
        (version, "version_quarantined")
    ]


def test_a_version_that_lost_a_file_to_a_redaction_has_those_bytes_no_more(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    agree(propose(version, cast.mina, "file", "config.json"), cast.marc)
    found = register_upload(model, sent(cast), actor=cast.mina)
    assert not found.already_registered
    assert [(one.version, one.code) for one in found.equals.remarks] == [
        (version, "files_redacted")
    ]


def test_a_version_whose_key_is_compromised_is_given_with_a_warning(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    used = SigningKeyVersion.objects.get(hint=version.signatures.get().key_hint)
    mark_compromised(
        used.key, actor=cast.ada, reason="Its file was copied.", authenticated_at=timezone.now()
    )
    found = register_upload(model, sent(cast), actor=cast.mina)
    assert found.version == version
    assert [(one.version, one.code) for one in found.equals.remarks] == [
        (version, "signature_compromised")
    ]


def test_who_may_add_no_version_learns_of_none(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    upload = sent(cast)
    refused(Forbidden, "permission_missing", register_upload, model, upload, actor=cast.vera)
    refused(NotFound, "upload_not_found", register_upload, model, upload, actor=cast.marc)
    discard_upload(upload, actor=cast.mina)
    refused(Conflict, "upload_discarded", register_upload, model, upload, actor=cast.mina)
