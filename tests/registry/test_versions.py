from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from aegis.audit.models import AuditEvent
from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing.bundle import sign_manifest, verify_manifest
from aegis.proof.signing.refusals import Unverified
from registry.aliases import set_alias
from registry.models import (
    Artifact,
    ArtifactFile,
    ModelVersion,
    RegisteredModel,
    Signature,
    VersionFact,
)
from registry.scans import record_scan
from registry.signing.configured import configured_signer
from registry.storage.protocol import StoredObject
from registry.versions import (
    SignedArtifact,
    create_version,
    mark_failed,
    mark_ready,
    reopen,
    require_ready,
)
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making, scanning

UPLOAD = ModelVersion.Source.UPLOAD


def add(model: RegisteredModel, cast: Cast, **further: Any) -> ModelVersion:
    return create_version(model, actor=cast.mina, source=UPLOAD, **further)


def artifact_of(version: ModelVersion, content: str = "a" * 64) -> SignedArtifact:
    manifest = Manifest.of([FileEntry("model.bin", 3, content)])
    package = StoredObject(f"models/{version.registered_model.name}/1/a.tar.gz", 9, "b" * 64)
    bundle = sign_manifest(
        manifest,
        name=version.registered_model.name,
        number=version.number,
        signer=configured_signer(),
    )
    return SignedArtifact(manifest, package, bundle)


def test_a_version_is_added_pending_with_the_next_number(
    cast: Cast, model: RegisteredModel
) -> None:
    since = last()

    first = add(model, cast, label="2.1.0", facts={"licence": "mit", "code_version": "a1b2c3d"})
    second = add(model, cast)

    assert [(first.number, first.label), (second.number, second.label)] == [(1, "2.1.0"), (2, "")]
    assert (first.state, first.stage, first.stage_sequence) == ("pending", "None", 0)
    assert recorded(since) == [
        (
            "version:registered",
            str(first.pk),
            {
                "number": 1,
                "label": "2.1.0",
                "source": "upload",
                "facts": ["code_version", "licence"],
            },
        ),
        (
            "version:registered",
            str(second.pk),
            {"number": 2, "label": "", "source": "upload", "facts": []},
        ),
    ]


def test_facts_come_with_the_version_and_say_so(cast: Cast, model: RegisteredModel) -> None:
    version = add(model, cast, facts={"licence": "mit", "params": {"depth": 6}})

    found = VersionFact.objects.filter(version=version).values_list("name", "value", "source")

    assert list(found) == [
        ("licence", "MIT", "registration"),
        ("params", {"depth": 6}, "registration"),
    ]


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"label": "3"}, Invalid, "label_reserved"),
    ({"label": "v3"}, Invalid, "label_reserved"),
    ({"label": "Production"}, Invalid, "label_reserved"),
    ({"label": "latest"}, Invalid, "label_reserved"),
    ({"label": "two words"}, Invalid, "label_invalid"),
    ({"label": "a\0"}, Invalid, "label_control_character"),
    ({"label": "TAKEN"}, Conflict, "label_taken"),
    ({"label": "dev-NEXT"}, Conflict, "label_taken"),
    ({"description": "a\0"}, Invalid, "text_control_character"),
    ({"facts": {"colour": "red"}}, Invalid, "fact_unknown"),
    ({"facts": {"licence": "whatever"}}, Invalid, "licence_unknown"),
    ({"facts": ["licence"]}, Invalid, "facts_invalid"),
    ({"facts": []}, Invalid, "facts_invalid"),
    ({"facts": ""}, Invalid, "facts_invalid"),
]


@pytest.mark.parametrize(("further", "kind", "code"), BAD)
def test_bad_input_adds_nothing(
    cast: Cast, model: RegisteredModel, further: dict[str, Any], kind: type[Any], code: str
) -> None:
    making.new_version(model, cast.mina, label="taken")
    set_alias(model, "dev-next", actor=cast.mina, version=model.versions.get())

    refused(kind, code, create_version, model, actor=cast.mina, source=UPLOAD, **further)

    assert model.versions.count() == 1
    assert VersionFact.objects.count() == 0


def test_without_a_label_the_next_patch_is_taken_on_request(
    cast: Cast, model: RegisteredModel
) -> None:
    labels = [add(model, cast, label=label).label for label in (None, None, "2.1.9", None)]

    assert labels == ["1.0.0", "1.0.1", "2.1.9", "2.1.10"]


def test_only_contributors_add_versions(cast: Cast, model: RegisteredModel) -> None:
    for who in (cast.vera, cast.rita, cast.otto, cast.ada):
        refused(Forbidden, "permission_missing", create_version, model, actor=who, source=UPLOAD)
    create_version(model, actor=cast.ci_growth, source=UPLOAD)
    making.edit_model(model, actor=cast.marc, visibility="restricted")
    refused(NotFound, "model_not_found", create_version, model, actor=cast.stan, source=UPLOAD)


def test_a_signed_artifact_makes_a_version_ready(cast: Cast, pending: ModelVersion) -> None:
    artifact = artifact_of(pending)
    record_scan(pending, actor=None, report=scanning.of_manifest(artifact.manifest))
    since = last()

    version = mark_ready(pending, actor=None, artifact=artifact)

    version.refresh_from_db()
    assert (version.state, version.size, version.file_count) == ("ready", 3, 1)
    assert version.digest == artifact.manifest.digest
    assert version.ready_at is not None
    assert Artifact.objects.get(version=version).manifest == artifact.manifest.canonical.decode()
    assert ArtifactFile.objects.get(version=version).path == "model.bin"
    signature = Signature.objects.get(version=version)
    verify_manifest(
        signature.bundle.encode(), artifact.manifest, public_key_pem=signature.public_key
    )
    assert signature.is_development
    assert recorded(since) == [
        (
            "version:ready",
            str(version.pk),
            {
                "number": 1,
                "digest": artifact.manifest.digest,
                "package": "b" * 64,
                "files": 1,
                "key": "aegis-development:v1",
            },
        )
    ]
    assert AuditEvent.objects.get(seq=since + 1).actor is None


@pytest.mark.parametrize("scanned", ["never", "other files"])
def test_nothing_is_ready_without_a_scan_of_its_files(
    cast: Cast, pending: ModelVersion, scanned: str
) -> None:
    artifact, other = artifact_of(pending), artifact_of(pending, "c" * 64)
    if scanned == "other files":
        record_scan(pending, actor=None, report=scanning.of_manifest(other.manifest))

    with pytest.raises(IntegrityError, match="with a scan of its files"), transaction.atomic():
        mark_ready(pending, actor=None, artifact=artifact)

    record_scan(pending, actor=None, report=scanning.of_manifest(artifact.manifest))
    assert mark_ready(pending, actor=None, artifact=artifact).is_ready


def test_a_signature_over_other_files_makes_nothing_ready(
    cast: Cast, pending: ModelVersion
) -> None:
    right, other = artifact_of(pending), artifact_of(pending, "c" * 64)

    refused(
        Unverified,
        "manifest_mismatch",
        mark_ready,
        pending,
        actor=None,
        artifact=SignedArtifact(right.manifest, right.package, other.bundle),
    )

    assert not Artifact.objects.exists()


def test_a_failed_version_keeps_its_number_and_may_be_tried_again(
    cast: Cast, pending: ModelVersion
) -> None:
    since = last()

    failed = mark_failed(pending, actor=None, code="digest_mismatch", reason="The bytes differ.")
    following = add(pending.registered_model, cast)
    reopened = reopen(failed, actor=cast.mina)

    assert (failed.number, following.number) == (1, 2)
    assert (reopened.state, reopened.failure_code, reopened.failure) == ("pending", "", "")
    assert [(action, data) for action, _, data in recorded(since)] == [
        ("version:failed", {"number": 1, "code": "digest_mismatch"}),
        ("version:registered", {"number": 2, "label": "", "source": "upload", "facts": []}),
        ("version:reopened", {"number": 1}),
    ]


def test_states_are_left_in_order_only(cast: Cast, version: ModelVersion) -> None:
    artifact = artifact_of(version)

    refused(Conflict, "version_not_pending", mark_ready, version, actor=None, artifact=artifact)
    give_up = partial(mark_failed, version, actor=None, code="x", reason="x")
    refused(Conflict, "version_not_pending", give_up)
    refused(Conflict, "version_not_failed", reopen, version, actor=cast.mina)


def test_what_is_not_ready_says_why(cast: Cast, pending: ModelVersion) -> None:
    refused(Conflict, "version_pending", require_ready, pending)
    failed = mark_failed(pending, actor=None, code="x", reason="x")
    refused(Conflict, "version_failed", require_ready, failed)


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_number_the_versions_of_a_model_without_a_gap(
    cast: Cast, model: RegisteredModel, at_once: Callable[..., list[Any]]
) -> None:
    def register() -> list[int]:
        return [add(model, cast, label=None).number for _ in range(3)]

    numbers = [number for found in at_once(register, times=16) for number in found]

    assert sorted(numbers) == list(range(1, 49))
    versions = model.versions.order_by("number").values_list("number", "label")
    assert list(versions) == [(number, f"1.0.{number - 1}") for number in range(1, 49)]


@pytest.mark.django_db(transaction=True)
def test_of_threads_that_give_one_label_one_gets_it(
    cast: Cast, model: RegisteredModel, at_once: Callable[..., list[Any]]
) -> None:
    def register() -> str:
        try:
            return add(model, cast, label="same").label
        except Conflict as refusal:
            return refusal.code

    assert sorted(at_once(register, times=4)) == ["label_taken"] * 3 + ["same"]
    assert model.versions.get().number == 1
