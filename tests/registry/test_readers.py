import hashlib
import io
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.packages import Index, rebuild
from aegis.proof.packages.index import Place
from aegis.proof.packages.members import CHUNK_SIZE
from aegis.proof.signing.bundle import sign_manifest
from registry.models import ModelVersion, RegisteredModel
from registry.readers import Part, open_artifact, open_evidence, open_file, signature_of
from registry.scans import record_scan
from registry.signing.configured import configured_signer
from registry.storage.folder import FolderStore
from registry.storage.protocol import index_key, package_key
from registry.versions import SignedArtifact, mark_ready
from tests.aegis.proof.packages.making import manifest_of, packed_as_tar_1
from tests.approvals.making import take_away
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making, scanning

WEIGHTS = making.FILES["model/weights.bin"]


def test_a_package_is_read_whole_and_holds_the_files(cast: Cast, version: ModelVersion) -> None:
    download = open_artifact(version, actor=cast.vera)

    data = b"".join(download.body)

    assert (len(data), hashlib.sha256(data).hexdigest()) == (download.size, download.sha256)
    assert download.name == "churn-predictor-v1.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(data)) as package:
        found = {member.name: package.extractfile(member).read() for member in package}  # type: ignore[union-attr]
    assert found == making.FILES


def test_a_part_of_a_package_is_read(cast: Cast, version: ModelVersion) -> None:
    whole = b"".join(open_artifact(version, actor=cast.vera).body)

    part = open_artifact(version, actor=cast.vera, part=Part(10, 20))

    assert b"".join(part.body) == whole[10:30]
    assert part.size == len(whole)


@pytest.mark.parametrize("part", [None, Part(0, 1), Part(300, 5000), Part(len(WEIGHTS) - 1, 1)])
def test_one_file_is_read_out_of_the_package(
    cast: Cast, version: ModelVersion, part: Part | None
) -> None:
    download = open_file(version, "model/weights.bin", actor=cast.vera, part=part)

    start, length = (part.offset, part.length) if part else (0, len(WEIGHTS))
    assert b"".join(download.body) == WEIGHTS[start : start + length]
    assert (download.name, download.size) == ("weights.bin", len(WEIGHTS))
    assert download.sha256 == hashlib.sha256(WEIGHTS).hexdigest()


@pytest.mark.parametrize(
    "part", [Part(-1, 1), Part(0, 0), Part(len(WEIGHTS), 1), Part(0, len(WEIGHTS) + 1)]
)
def test_a_range_lies_within_the_file(cast: Cast, version: ModelVersion, part: Part) -> None:
    refused(
        Invalid, "range_invalid", open_file, version, "model/weights.bin", actor=cast.vera,
        part=part,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["nothing", "", "../config.json", "MODEL/weights.bin"])
def test_a_path_that_is_not_there_is_not_found(
    cast: Cast, version: ModelVersion, path: str
) -> None:
    refused(NotFound, "file_not_found", open_file, version, path, actor=cast.vera)


def test_who_may_not_see_it_reads_nothing(cast: Cast, version: ModelVersion) -> None:
    evidence = making.attach(version, cast.mina)
    making.edit_model(version.registered_model, actor=cast.marc, visibility="restricted")
    version.registered_model.refresh_from_db()

    for who in (cast.stan, AnonymousUser()):
        refused(NotFound, "model_not_found", open_artifact, version, actor=who)
        refused(NotFound, "model_not_found", open_file, version, "config.json", actor=who)
        refused(NotFound, "model_not_found", open_evidence, evidence, actor=who)
        refused(NotFound, "model_not_found", signature_of, version, actor=who)
    assert b"".join(open_file(version, "config.json", actor=cast.rita).body)


def test_a_version_that_is_not_ready_is_not_given_out(cast: Cast, pending: ModelVersion) -> None:
    refused(Conflict, "version_pending", open_artifact, pending, actor=cast.mina)
    refused(NotFound, "signature_missing", signature_of, pending, actor=cast.mina)


@pytest.mark.parametrize("column", ["recalled", "quarantined"])
def test_a_version_that_was_taken_back_is_not_given_out(
    cast: Cast, version: ModelVersion, column: str
) -> None:
    take_away(version, column)

    refused(Conflict, f"version_{column}", open_artifact, version, actor=cast.mina)
    refused(Conflict, f"version_{column}", open_file, version, "config.json", actor=cast.mina)


def damage(data_folder: Path, version: ModelVersion, change: Any) -> None:
    path = data_folder / "artifacts" / version.artifact.key
    path.chmod(0o640)
    path.write_bytes(change(path.read_bytes()))


def test_changed_bytes_end_in_an_error_before_the_last_of_them(
    cast: Cast, version: ModelVersion, data_folder: Path
) -> None:
    damage(data_folder, version, lambda data: data[:-1] + bytes([data[-1] ^ 1]))

    passed_on: list[bytes] = []
    with pytest.raises(Conflict) as caught:
        passed_on.extend(open_artifact(version, actor=cast.mina).body)

    assert caught.value.code == "package_damaged"
    assert sum(map(len, passed_on)) < version.artifact.size


def test_a_package_of_another_size_is_not_begun(
    cast: Cast, version: ModelVersion, data_folder: Path
) -> None:
    damage(data_folder, version, lambda data: data + b"more")

    refused(Conflict, "package_damaged", open_artifact, version, actor=cast.mina)
    with pytest.raises(Conflict):
        list(open_file(version, "config.json", actor=cast.mina).body)


def test_a_missing_package_is_an_error(
    cast: Cast, version: ModelVersion, data_folder: Path
) -> None:
    (data_folder / "artifacts" / version.artifact.key).unlink()

    refused(NotFound, "object_missing", open_artifact, version, actor=cast.mina)


def test_evidence_is_read_as_it_was_attached(
    cast: Cast, version: ModelVersion, data_folder: Path
) -> None:
    content = b"%PDF-1.7 all is well"
    evidence = making.attach(
        version, cast.mina, kind="security_review", file=making.file(content, "review.pdf")
    )
    download = open_evidence(evidence, actor=cast.vera)
    assert b"".join(download.body) == content
    assert (download.name, download.media_type) == ("review.pdf", "application/pdf")

    (data_folder / "artifacts" / evidence.key).write_bytes(b"something else")
    with pytest.raises(Conflict) as caught:
        list(open_evidence(evidence, actor=cast.vera).body)
    assert caught.value.code == "document_damaged"
    (data_folder / "artifacts" / evidence.key).unlink()
    with pytest.raises(NotFound):
        list(open_evidence(evidence, actor=cast.vera).body)


def test_the_signature_is_the_one_over_the_manifest(cast: Cast, version: ModelVersion) -> None:
    signature = signature_of(version, actor=cast.vera)

    assert signature.manifest_digest == version.digest


LARGE = {
    "config.json": b"{}",
    "weights.bin": making.weights(random.Random(4).randbytes(9_000_000)),
}


def read_from_files() -> int:
    """Return how many bytes this process has read from files, by the kernel's count."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("rchar:")))


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("weights.bin", Part(5_000_000, 1000)),
        ("weights.bin", Part(0, 1)),
        ("weights.bin", Part(8_999_999, 1)),
        ("config.json", None),
    ],
)
def test_a_range_or_a_small_file_is_one_small_read_of_the_store(
    cast: Cast, model: RegisteredModel, path: str, part: Part | None
) -> None:
    version = making.new_version(model, cast.mina, LARGE)
    download = open_file(version, path, actor=cast.vera, part=part)
    before = read_from_files()

    data = b"".join(download.body)

    # The folder's store reads a MiB ahead.
    assert read_from_files() - before < CHUNK_SIZE * 1.6
    start = part.offset if part else 0
    assert data == LARGE[path][start : start + len(data)]
    assert len(data) == (part.length if part else 2)


def test_the_index_lies_beside_the_package_and_is_its_own(
    cast: Cast, version: ModelVersion, data_folder: Path
) -> None:
    artifact = version.artifact
    assert artifact.layout == "seekable-1"

    written = Index.parse((data_folder / "artifacts" / index_key(artifact.key)).read_bytes())

    with (data_folder / "artifacts" / artifact.key).open("rb") as package:
        assert rebuild(package) == written
    assert (written.size, written.sha256) == (artifact.size, artifact.sha256)
    for file in version.files.all():
        assert written.place(file.path) == Place(file.offset, tuple(file.members))


def test_a_version_of_the_first_layout_is_read_as_ever(
    cast: Cast, pending: ModelVersion, data_folder: Path
) -> None:
    manifest = manifest_of(making.FILES)
    key = package_key("churn-predictor", 1)
    stored = FolderStore(data_folder / "artifacts").put(
        key, io.BytesIO(packed_as_tar_1(making.FILES))
    )
    signed = sign_manifest(manifest, name="churn-predictor", number=1, signer=configured_signer())
    record_scan(pending, actor=None, report=scanning.of_manifest(manifest))
    version = mark_ready(pending, actor=None, artifact=SignedArtifact(manifest, stored, signed))

    assert version.artifact.layout == "tar-1"
    whole = open_file(version, "model/weights.bin", actor=cast.mina)
    assert b"".join(whole.body) == WEIGHTS
    part = open_file(version, "model/weights.bin", actor=cast.mina, part=Part(300, 5000))
    assert b"".join(part.body) == WEIGHTS[300:5300]


@pytest.mark.parametrize("part", [None, Part(300, 5000)])
def test_changed_bytes_of_a_file_are_not_given_out(
    cast: Cast, version: ModelVersion, data_folder: Path, part: Part | None
) -> None:
    def spoilt(data: bytes) -> bytes:
        place = len(data) // 2
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    damage(data_folder, version, spoilt)

    with pytest.raises(Conflict) as caught:
        list(open_file(version, "model/weights.bin", actor=cast.mina, part=part).body)

    assert caught.value.code == "package_damaged"
