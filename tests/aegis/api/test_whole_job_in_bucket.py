"""The whole job with packages in a bucket of a real S3 server: from a folder to recall and damage.

Programs come by the SDK over HTTP, people by the API with a session, and what workers do is done
by calling their tasks.
"""

import hashlib
import io
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from aegis.accounts.models import User
from aegis.events.models import Notification
from aegis.events.tasks import dispatch_outbox
from aegis.problems import Conflict
from aegis.proof.signing.revocations import verify_revocations
from aegis.sdk import ModelRegistry, TrustedKeys, Version
from aegis.sdk.checking import offline_checks
from aegis.sdk.proofs import Proofs
from aegis.sdk.verification import verify_files
from approvals.models import PromotionRequest
from approvals.tasks import promote, sign_owed_rollbacks
from imports.models import Import
from imports.tasks import run_import
from registry.models import DownloadEvent, ModelVersion, RegisteredModel
from registry.storage.configured import artifact_store
from registry.tasks import publish_revocations, verify_packages
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.aegis.api.test_whole_job import decide, document
from tests.cast import Cast
from tests.registry.making import weights
from tests.servers.faults import FaultyServer
from tests.servers.fixtures import faulty, in_bucket, s3
from tests.servers.seaweedfs.server import BUCKET, S3Server

__all__ = ["faulty", "in_bucket", "s3"]

MODEL = "churn-predictor"
WEIGHTS = "model/weights.bin"
WHY = "It ranks everybody of one postcode last."

Clients = Callable[[User], ModelRegistry]


@pytest.fixture
def clients(
    live_server: LiveServer, by_token: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Clients]:
    """Return a function that gives somebody a client, with a token, over real HTTP."""
    publish_revocations()  # As within a minute of the first start.
    monkeypatch.setenv("AEGIS_CACHE", str(tmp_path / "cache"))
    with ExitStack() as open_clients:

        def client(user: User) -> ModelRegistry:
            token = by_token(user).headers["Authorization"].removeprefix("Bearer ")
            return open_clients.enter_context(ModelRegistry(live_server.url, token))

        yield client


def test_from_a_folder_to_recall_and_damage(
    cast: Cast,
    model: RegisteredModel,
    in_bucket: FaultyServer,
    s3: S3Server,
    clients: Clients,
    by_token: Caller,
    tmp_path: Path,
) -> None:
    mina, vera, marc = clients(cast.mina), clients(cast.vera), Api.signed_in("marc")

    first, second = (bring_in(mina, tmp_path / f"v{number}", number) for number in (1, 2))
    lies_in_the_bucket(first, s3)
    is_given_out_by_the_bucket(first, by_token(cast.vera), in_bucket)

    for version in (first, second):
        into_production(by_token(cast.mina), version)
    fetched = vera.download(MODEL, "production", to=tmp_path / "fetched").path
    keys = mina.trusted_keys()
    assert offline(fetched, keys)[-1] == "promotion_signed"
    assert mina.check(fetched, require="Production").ok

    said = marc.post(f"{path(second)}recall/", {"reason": WHY}).made()
    assert (said["stage"], said["roll_back_to"]) == ("Production", [1])
    no_way_leads_out(second, by_token(cast.rita), mina, tmp_path)
    assert mina.show(MODEL, 2).stage == "Archived"
    is_known_to_be_recalled(second, keys, fetched, mina)
    vera_is_told(cast)

    marc.post(f"models/{MODEL}/rollback/", {"to_version": "1", "reason": "It was good."}).made()
    owing = vera.download(MODEL, "production", to=tmp_path / "owing").path
    assert offline(owing, keys)[-2:] == ["promotion_signed", "rollback_owed"]
    sign_owed_rollbacks()
    back = vera.download(MODEL, "production", to=tmp_path / "back").path
    assert offline(back, keys)[-1] == "rollback_signed"
    assert mina.check(owing, require="Production").checks[-1].code == "rollback_signed"

    damage_is_found(first, marc, s3, mina)
    assert mina.check(back).checks[-1].code == "version_quarantined"


def bring_in(client: ModelRegistry, folder: Path, number: int) -> Version:
    """Upload a folder; a worker checks, scans, packages and signs it."""
    (folder / "model").mkdir(parents=True)
    (folder / "config.json").write_text(f'{{"layers": {number}}}')
    (folder / WEIGHTS).write_bytes(weights(bytes(range(256)) * 8 * number))
    pending = client.register(folder, MODEL, version=f"{number}.0.0", wait=False)
    assert (pending.number, pending.state) == (number, "pending")
    run_import(str(Import.objects.get(version__number=number).pk))
    ready = client.show(MODEL, number)
    assert (ready.state, ready.quarantined_at) == ("ready", None)
    return ready


def path(version: Version) -> str:
    return f"models/{MODEL}/versions/{version.number}/"


def stored(version: Version) -> str:
    """Return the key of the package in the bucket."""
    store: Any = artifact_store()
    artifact = ModelVersion.objects.get(number=version.number).artifact
    key: str = store._key(artifact.key)
    return key


def lies_in_the_bucket(version: Version, s3: S3Server) -> None:
    kept = s3.client("admin").get_object(Bucket=BUCKET, Key=stored(version))["Body"].read()
    assert hashlib.sha256(kept).hexdigest() == version.document["artifact"]["sha256"]
    with tarfile.open(fileobj=io.BytesIO(kept)) as package:
        assert package.getnames() == ["config.json", WEIGHTS]


def is_given_out_by_the_bucket(version: Version, vera: Api, in_bucket: FaultyServer) -> None:
    """The package comes by an address of the bucket, files and ranges by Aegis; all is noted."""
    away = vera.get(f"{path(version)}artifact/")
    assert away.status == 302
    assert away.headers["Location"].startswith(f"{in_bucket.endpoint}/{BUCKET}/")
    with urllib.request.urlopen(away.headers["Location"]) as answer:
        package = answer.read()
    assert hashlib.sha256(package).hexdigest() == version.document["artifact"]["sha256"]
    whole = vera.get(f"{path(version)}files/{WEIGHTS}")
    part = vera.get(f"{path(version)}files/{WEIGHTS}", Range="bytes=100-299")
    assert (whole.status, part.status) == (200, 206)
    assert part.bytes == whole.bytes[100:300]
    noted = DownloadEvent.objects.order_by("id").values_list("user__username", "path", "length")
    assert list(noted) == [("vera", "", None), ("vera", WEIGHTS, None), ("vera", WEIGHTS, 200)]


def into_production(mina: Api, version: Version) -> None:
    """Document and ask as mina, decide as the risk team, and let a worker carry it out."""
    document(mina, path(version))
    asked = mina.post(f"{path(version)}promotions/", {"target": "Production", "reason": "Better."})
    number = asked.made()["number"]
    decide(number, "rita", "remy")
    promote(str(PromotionRequest.objects.get(number=number).pk))
    assert mina.get(path(version)).made(200)["stage"] == "Production"


def offline(folder: Path, keys: TrustedKeys) -> list[str]:
    """Verify as for Production with nothing but the folder and the keys; return what holds."""
    proofs = Proofs.beside(folder)
    found = verify_files(folder, proofs, keys)
    return [
        one.code
        for one in offline_checks(found, proofs, keys, require="Production").require().checks
    ]


def no_way_leads_out(version: Version, rita: Api, client: ModelRegistry, folder: Path) -> None:
    before = DownloadEvent.objects.count()
    for way, part in (
        ("artifact/", {}),
        (f"files/{WEIGHTS}", {}),
        ("artifact/", {"Range": "bytes=0-9"}),
    ):
        refused = rita.get(f"{path(version)}{way}", **part)
        assert refused.refused(409) == "version_recalled"
        assert WHY in refused.json["title"]
    with pytest.raises(Conflict, match="postcode"):
        client.download(MODEL, version.number, to=folder / "refused")
    assert not (folder / "refused").exists()
    assert DownloadEvent.objects.count() == before


def is_known_to_be_recalled(
    version: Version, keys: TrustedKeys, fetched: Path, client: ModelRegistry
) -> None:
    publish_revocations()
    published = Api().get("/.well-known/aegis/revocations.json").bytes
    key = keys.of_bundle(published).public_key_pem
    listed = verify_revocations(published, public_key_pem=key)
    assert [one.manifest_digest for one in listed.revoked] == [version.digest]
    found = client.check(fetched)
    assert found.is_genuine
    assert {one.code for one in found.checks if not one.passed} == {"version_recalled"}


def vera_is_told(cast: Cast) -> None:
    dispatch_outbox()
    told = Notification.objects.get(user=cast.vera, kind="version:recalled")
    assert told.body == WHY


def damage_is_found(version: Version, marc: Api, s3: S3Server, client: ModelRegistry) -> None:
    """One flipped bit and a missing package are found on request, and hold the version back."""
    admin, place = s3.client("admin"), {"Bucket": BUCKET, "Key": stored(version)}
    kept = admin.get_object(**place)["Body"].read()
    flipped = bytearray(kept)
    flipped[len(kept) // 2] ^= 1
    assert verified(version, marc) == "intact"
    admin.put_object(**place, Body=bytes(flipped))
    assert verified(version, marc) == "damaged"
    assert marc.get(f"{path(version)}artifact/").refused(409) == "version_quarantined"
    admin.put_object(**place, Body=kept)
    assert verified(version, marc) == "intact"
    assert marc.get(f"{path(version)}artifact/").status == 302
    admin.delete_object(**place)
    assert verified(version, marc) == "missing"
    assert client.show(MODEL, version.number).quarantined_at


def verified(version: Version, marc: Api) -> str:
    """Ask for a verification, let a worker do what is due, and return what it found."""
    marc.post(f"{path(version)}verifications/", {}).made(202)
    verify_packages()
    outcome: str = marc.get(f"{path(version)}verifications/").made(200)["results"][0]["outcome"]
    return outcome
