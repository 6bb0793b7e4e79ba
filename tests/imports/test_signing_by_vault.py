"""A whole import whose version a Vault signs: sealed, lying, forbidden, and well."""

import io
import subprocess
import sys
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from aegis.proof.manifest import Manifest
from aegis.proof.signing.bundle import verify_manifest
from imports.asking import retry
from imports.interruptions import OPERATOR_PATIENCE
from imports.models import Import
from imports.running import run
from registry.models import ModelVersion, RegisteredModel, Signature, SignerState
from registry.signer_states import notice
from registry.signing_keys import add_key, make_default
from registry.storage.configured import artifact_store
from registry.watching_keys import note_all
from tests.cast import Cast
from tests.registry import making
from tests.servers.signing import sign_with
from tests.servers.transit import Mode, TransitStandIn
from tests.servers.vault.server import VaultServer

pytestmark = pytest.mark.django_db


def again_now(job: Import) -> Import:
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk)
    return Import.objects.select_related("version").get(pk=job.pk)


def first_run(job: Import) -> Import:
    run(job.pk)
    return Import.objects.select_related("version").get(pk=job.pk)


def signed(version: ModelVersion) -> Signature:
    signature = version.signatures.get()
    manifest = Manifest.parse(version.artifact.manifest.encode())
    verify_manifest(signature.bundle.encode(), manifest, public_key_pem=signature.public_key)
    return signature


def test_while_vault_is_sealed_an_import_waits_and_says_so_and_then_goes_on(
    cast: Cast, model: RegisteredModel, transit: TransitStandIn | VaultServer, settings: Settings
) -> None:
    if not getattr(transit, "child", True):
        pytest.skip("The Vault of VAULT_ADDR is not ours to seal.")
    key = sign_with(settings, transit)
    job = making.new_import(model, cast.mina)
    transit.seal()
    try:
        waiting = first_run(job)
        note_all()
        still = again_now(job)
    finally:
        transit.unseal()
    assert (waiting.state, waiting.error_code) == ("waiting", "signer_sealed")
    assert waiting.error == "Vault is sealed, so it signs nothing. Unseal Vault."
    assert waiting.waiting_since is not None
    assert (still.state, still.waiting_since) == ("waiting", waiting.waiting_since)
    assert still.version.state == "pending"
    assert f"{key.name} signs nothing since" in notice()

    done = again_now(job)
    note_all()
    assert (done.state, done.error, done.waiting_since) == ("done", "", None)
    assert done.version.is_ready
    signature = signed(done.version)
    assert (signature.key_name, signature.key_version) == (key.name, "1")
    assert signature.is_development is False
    assert SignerState.objects.get(key_name=key.name).away_since is None


def test_a_reply_that_is_lost_after_signing_ends_in_one_signature(
    cast: Cast, model: RegisteredModel, stand_in: TransitStandIn, settings: Settings
) -> None:
    sign_with(settings, stand_in)
    job = making.new_import(model, cast.mina)
    with stand_in.behaving(Mode.REPLY_LOST, only="transit/sign"):
        waiting = first_run(job)
    assert (waiting.state, waiting.error_code) == ("waiting", "signer_unreachable")
    assert again_now(job).state == "done"
    assert signed(Import.objects.get(pk=job.pk).version).key_version == "1"


@pytest.mark.parametrize(
    "mode",
    [Mode.ANOTHER_KEY, Mode.GARBAGE, Mode.TRUNCATED, Mode.HUGE, Mode.EMPTY, Mode.STANDBY],
)
def test_an_answer_that_is_none_signs_nothing_and_the_import_waits(
    cast: Cast,
    model: RegisteredModel,
    stand_in: TransitStandIn,
    settings: Settings,
    mode: Mode,
) -> None:
    sign_with(settings, stand_in)
    job = making.new_import(model, cast.mina)
    with stand_in.behaving(mode, only="transit/sign"):
        waiting = first_run(job)
    assert waiting.state == "waiting"
    assert waiting.error_code == ("signer_standby" if mode == Mode.STANDBY else "signer_failed")
    assert not Signature.objects.filter(version=waiting.version).exists()
    assert again_now(job).state == "done"


def test_after_a_rotation_the_old_version_verifies_with_its_key_and_the_new_one_with_the_new(
    cast: Cast, model: RegisteredModel, transit: TransitStandIn | VaultServer, settings: Settings
) -> None:
    key = sign_with(settings, transit)
    old = first_run(making.new_import(model, cast.mina)).version
    transit.rotate(key.transit_name)
    new = first_run(making.new_import(model, cast.mina, {"other.bin": b"other bytes"})).version
    assert [signed(version).key_version for version in (old, new)] == ["1", "2"]
    assert {found.version for found in key.versions.all()} == {"1", "2"}


def test_a_token_without_the_right_waits_for_an_operator_and_goes_on_by_itself(
    cast: Cast, model: RegisteredModel, stand_in: TransitStandIn, settings: Settings
) -> None:
    token = stand_in.token_for()
    key = sign_with(settings, stand_in, token=token)
    name = key.transit_name
    job = making.new_import(model, cast.mina)
    waiting = first_run(job)
    assert (waiting.state, waiting.error_code) == ("waiting", "signer_forbidden")
    assert f"`read` on `transit/keys/{name}`" in waiting.error
    stand_in.tokens[token] = frozenset({f"transit/keys/{name}", f"transit/sign/{name}"})
    assert again_now(job).state == "done"


def test_what_nobody_mends_for_a_day_fails_with_its_reason_and_can_be_tried_again(
    cast: Cast, model: RegisteredModel, stand_in: TransitStandIn, settings: Settings
) -> None:
    token = stand_in.token_for()
    key = sign_with(settings, stand_in, token=token)
    name = key.transit_name
    job = making.new_import(model, cast.mina)
    with stand_in.behaving(Mode.SEALED):
        first_run(job)
    long_ago = timezone.now() - OPERATOR_PATIENCE - timedelta(minutes=1)
    # Being away so long is no mistake in the set-up: another reason begins a wait of its own.
    Import.objects.filter(pk=job.pk).update(waiting_since=long_ago)
    assert again_now(job).error_code == "signer_forbidden"
    Import.objects.filter(pk=job.pk).update(waiting_since=long_ago)
    failed = again_now(job)
    assert (failed.state, failed.error_code) == ("failed", "signer_forbidden")
    assert failed.version.state == "failed"
    assert f"`read` on `transit/keys/{name}`" in failed.version.failure

    stand_in.tokens[token] = None
    retry(failed, actor=cast.mina)
    done = first_run(job)
    assert (done.state, done.version.number) == ("done", failed.version.number)


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("exportable", "signer_key_exportable"),
        ("allow_plaintext_backup", "signer_key_backup_allowed"),
    ],
)
def test_a_key_that_others_may_hold_fails_the_version_with_its_reason(
    cast: Cast,
    model: RegisteredModel,
    transit: TransitStandIn | VaultServer,
    settings: Settings,
    data_folder: Path,
    setting: str,
    code: str,
) -> None:
    key = sign_with(settings, transit)
    transit.change_key(key.transit_name, **{setting: True})
    failed = first_run(making.new_import(model, cast.mina))
    assert (failed.state, failed.error_code) == ("failed", code)
    assert key.transit_name in failed.version.failure
    assert not Signature.objects.filter(version=failed.version).exists()

    transit.make_key(f"{key.name}-anew")
    another = add_key(actor=cast.ada, name=f"{key.name}-anew", provider="vault")
    make_default(another, actor=cast.ada)
    done = first_run(making.new_import(model, cast.mina, {"other.bin": b"other bytes"}))
    assert (done.state, signed(done.version).key_name) == ("done", another.name)


def test_the_openssf_tool_accepts_what_a_real_vault_signed_and_refuses_one_changed_byte(
    cast: Cast, model: RegisteredModel, vault: VaultServer, settings: Settings, tmp_path: Path
) -> None:
    sign_with(settings, vault)
    version = first_run(making.new_import(model, cast.mina)).version
    signature = signed(version)
    folder = tmp_path / "model"
    with (
        artifact_store().open(version.artifact.key) as stored,
        tarfile.open(fileobj=io.BytesIO(stored.read())) as package,
    ):
        package.extractall(folder, filter="data")
    (tmp_path / "model.sig").write_text(signature.bundle)
    (tmp_path / "key.pem").write_text(signature.public_key)

    code, words = judged(folder)
    assert (code, words) == (0, "Verification succeeded")
    weights = folder / "model" / "weights.bin"
    data = bytearray(weights.read_bytes())
    data[4097] ^= 1
    weights.write_bytes(data)
    code, words = judged(folder)
    assert code == 1
    assert "Hash mismatch for" in words
    assert "model/weights.bin" in words


def judged(folder: Path) -> tuple[int, str]:
    """Return exit code and words of ``model_signing verify key``, which knows no Aegis."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "model_signing", "verify", "key", str(folder)),
            *("--signature", str(folder.parent / "model.sig")),
            *("--public_key", str(folder.parent / "key.pem")),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, (done.stdout + done.stderr).strip()
