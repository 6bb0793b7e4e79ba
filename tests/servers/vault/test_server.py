"""The harness's own promises about Vault."""

from pathlib import Path

import hvac.exceptions
import pytest

from tests.harness import run
from tests.servers.vault import binary
from tests.servers.vault.server import VaultServer, start


def test_without_a_vault_a_test_is_skipped_with_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VAULT_BIN", str(tmp_path / "none"))
    assert binary.find() is None
    assert "make vault" in binary.MISSING


def test_the_pinned_vault_is_found_before_one_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("VAULT_BIN", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for place in (tmp_path / "bao", binary.built()):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binary.find() == str(binary.built())
    binary.built().unlink()
    assert binary.find() == str(tmp_path / "bao")


def test_a_started_vault_can_be_sealed_and_unsealed(vault: VaultServer) -> None:
    if vault.binary is None:
        pytest.skip("The Vault of VAULT_ADDR is not ours to seal.")
    own = start(vault.binary)
    assert own.child is not None
    own.seal()
    with pytest.raises(hvac.exceptions.VaultDown):
        own.client().secrets.transit.create_key("any")
    own.unseal()
    own.client().sys.enable_secrets_engine("transit")
    own.child.stop()
    assert run.folder().exists()
