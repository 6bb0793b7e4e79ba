"""Over TLS Vault is who its certificate says, by the authority that the operator names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aegis.problems import Refusal
from aegis.proof.signing.signer import sign
from aegis.proof.signing.vault import VaultTransitSigner, connect
from aegis.proof.signing.vault_auth import Given, TokenLogin
from tests.harness import required
from tests.servers.vault import binary
from tests.servers.vault.server import VaultServer, start


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    path = binary.find() or required.missing(binary.MISSING)
    server = start(path, certificates=tmp_path_factory.mktemp("certificates"))
    server.make_key("key")
    yield server
    assert server.child is not None
    server.child.stop()


def signer(server: VaultServer, ca_file: str | None) -> VaultTransitSigner:
    login = TokenLogin(Given(server.token))
    return VaultTransitSigner(connect(server.address, login, ca_file=ca_file), "key")


def test_with_the_authority_of_vault_aegis_signs(over_tls: VaultServer) -> None:
    assert sign(signer(over_tls, over_tls.ca_file), b"signed").key_version == "1"


def test_without_it_nothing_is_sent(over_tls: VaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", over_tls.ca_file or "")
    monkeypatch.setenv("VAULT_SKIP_VERIFY", "1")
    with pytest.raises(Refusal, match="cannot be trusted") as caught:
        sign(signer(over_tls, None), b"signed")
    assert caught.value.code == "signer_untrusted"
    assert "VAULT_CACERT" in (caught.value.mend or "")


def test_a_file_of_certificates_that_is_not_there_is_named(
    over_tls: VaultServer, tmp_path: Path
) -> None:
    with pytest.raises(Refusal, match="VAULT_CACERT cannot be read") as caught:
        sign(signer(over_tls, str(tmp_path / "none.pem")), b"signed")
    assert caught.value.code == "signer_misconfigured"
