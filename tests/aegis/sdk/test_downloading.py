"""Downloads from a registry that lies: about sizes, with ends, and with what lies in the way."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aegis.problems import Invalid, Refusal
from aegis.proof.manifest import Manifest
from aegis.proof.packages import LAYOUT, pack
from aegis.proof.signing.bundle import sign_manifest
from aegis.sdk import BadAnswer, ModelRegistry
from aegis.sdk.local_files import find_files, hashed
from aegis.sdk.signing import PemSigner
from tests.aegis.sdk.stub import Asked, Reply, problem, registry
from tests.aegis.sdk.test_signing import private_pem

ADDRESS = "/api/v1/models/churn/versions/3/"


@dataclass(slots=True)
class Lying:
    """A registry of one signed version; ``package`` answers for its bytes, ``size`` says them."""

    keys: Path
    manifest: Manifest
    bundle: bytes
    data: bytes
    document: dict[str, Any]
    package: Callable[[Asked], Reply]

    def __call__(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        if path.endswith("/artifact/"):
            return self.package(asked)
        rows = [{"path": e.path, "size": e.size, "sha256": e.sha256} for e in self.manifest.files]
        known: dict[str, Any] = {
            ADDRESS: self.document,
            f"{ADDRESS}signature/": json.loads(self.bundle),
            f"{ADDRESS}files/": {"results": rows},
            f"{ADDRESS}promotions/": {"results": [], "next": None},
            f"{ADDRESS}rollbacks/": {"results": [], "next": None},
        }
        return Reply(200, known[path]) if path in known else problem(404, "none", "None.")

    def fetch(self, to: Path) -> None:
        with registry(self) as stub, ModelRegistry(stub.url, keys=self.keys) as there:
            there.download("churn", "3", to=to)


@pytest.fixture
def lying(tmp_path: Path) -> Lying:
    """The version as it is: every test says what of it is a lie."""
    signer = PemSigner(private_pem(tmp_path, "registry"))
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"weights" * 900)
    manifest = Manifest.of(hashed(file) for file in find_files(folder).files)
    sink = io.BytesIO()
    packed = pack(manifest, lambda entry: (folder / entry.path).open("rb"), sink)
    document = {
        "model": "churn",
        "number": 3,
        "state": "ready",
        "stage": "Production",
        "digest": manifest.digest,
        "size": manifest.size,
        "file_count": 1,
        "artifact": {"layout": LAYOUT, "sha256": packed.sha256, "size": packed.size},
    }
    data = sink.getvalue()
    bundle = sign_manifest(manifest, name="churn", number=3, signer=signer).data
    keys = tmp_path / "registry.pub"
    return Lying(keys, manifest, bundle, data, document, lambda _: Reply(200, data))


def refused(code: str, lying: Lying, to: Path, kind: type[Refusal] = BadAnswer) -> Refusal:
    with pytest.raises(kind) as caught:
        lying.fetch(to)
    assert caught.value.code == code
    assert not to.exists()
    return caught.value


def test_what_is_told_truly_is_fetched(lying: Lying, tmp_path: Path) -> None:
    lying.fetch(tmp_path / "model")
    assert (tmp_path / "model" / "weights.bin").read_bytes() == b"weights" * 900


@pytest.mark.parametrize("length", [0, 10])
def test_a_package_that_ends_too_early_again_and_again_is_given_up(
    lying: Lying, tmp_path: Path, length: int
) -> None:
    lying.package = lambda _: Reply(200, lying.data[:length])
    refused("package_too_short", lying, tmp_path / "model")


def test_a_package_that_comes_in_pieces_is_put_together(lying: Lying, tmp_path: Path) -> None:
    def piece(asked: Asked) -> Reply:
        begin = int(asked.headers.get("Range", "bytes=0-")[6:-1])
        return Reply(206 if begin else 200, lying.data[begin : begin + 100])

    lying.package = piece
    lying.fetch(tmp_path / "model")
    assert (tmp_path / "model" / "weights.bin").read_bytes() == b"weights" * 900


@pytest.mark.parametrize("size", [0, -1, 10**15])
def test_a_size_that_the_signed_files_cannot_have_is_refused_before_a_byte_comes(
    lying: Lying, tmp_path: Path, size: int
) -> None:
    lying.document["artifact"]["size"] = size
    lying.package = lambda _: pytest.fail("Bytes were asked for.")
    refused("package_size_impossible", lying, tmp_path / "model")


def test_other_bytes_are_refused_and_removed(lying: Lying, tmp_path: Path) -> None:
    lying.package = lambda _: Reply(200, bytes(len(lying.data)))
    refused("package_digest_mismatch", lying, tmp_path / "model")
    assert not (tmp_path / ".model.aegis-download" / "package.tar.gz").exists()


def test_a_link_in_the_place_of_the_work_is_not_followed(lying: Lying, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".model.aegis-download").symlink_to(elsewhere)
    refused("work_folder_foreign", lying, tmp_path / "model", Invalid)
    assert not list(elsewhere.iterdir())


def test_the_token_goes_to_no_other_host(lying: Lying, tmp_path: Path) -> None:
    with registry(lambda _: Reply(200, lying.data)) as bucket:
        where = bucket.url.replace("127.0.0.1", "localhost")
        lying.package = lambda _: Reply(302, b"", {"Location": f"{where}/package?signed=1"})
        with registry(lying) as stub:
            with ModelRegistry(stub.url, "aegis_secret", keys=lying.keys) as there:
                there.download("churn", "3", to=tmp_path / "model")
            assert {asked.headers["Authorization"] for asked in stub.asked} == {
                "Bearer aegis_secret"
            }
        assert [asked.headers.get("Authorization") for asked in bucket.asked] == [None]
