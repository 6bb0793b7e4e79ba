"""The pages about Vault: their commands run as they stand, and what they make is enough to sign."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aegis.proof.signing.keys import pem_of
from aegis.proof.signing.signer import sign
from aegis.proof.signing.vault import VaultTransitSigner, connect
from aegis.proof.signing.vault_auth import AppRoleLogin, InFile, JwtLogin, Login, TokenLogin
from tests.docs.pages import DOCS, blocks
from tests.harness import required
from tests.servers.vault import binary
from tests.servers.vault.server import VaultServer, start

KEY = "aegis-model-sign"


@pytest.fixture(scope="module")
def fresh() -> Iterator[VaultServer]:
    """A Vault that nobody has set anything up in."""
    path = binary.find() or required.missing(binary.MISSING)
    server = start(path)
    assert server.child is not None
    yield server
    server.child.stop()


@pytest.fixture(scope="module")
def reader(fresh: VaultServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who followed both pages, first ``vault.md``."""
    folder = tmp_path_factory.mktemp("reader")
    commands = folder / "commands"
    commands.mkdir()
    (commands / "vault").symlink_to(str(fresh.binary))
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "ci-public-key.pem").write_text(pem_of(key))
    (folder / "main.jwt").write_text(_ci_token(key, "refs/heads/main"))
    (folder / "other.jwt").write_text(_ci_token(key, "refs/heads/other"))
    environment = {
        "HOME": str(folder),
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "VAULT_ADDR": fresh.address,
        "VAULT_TOKEN": fresh.token,
    }
    for page in ("how-to/vault.md", "how-to/vault-oidc-approle.md"):
        for block in blocks(page):
            output = block.run(folder, environment)
            assert block.is_as_said(output), f"{page}:\n{block.commands}\n{output}"
    return folder


def signs(server: VaultServer, login: Login) -> str:
    signer = VaultTransitSigner(connect(server.address, login), KEY)
    return sign(signer, b"what is signed").key_version


def test_with_the_token_of_the_page_aegis_signs(fresh: VaultServer, reader: Path) -> None:
    assert signs(fresh, TokenLogin(InFile(reader / "aegis.token"))) == "2"


def test_with_the_app_role_of_the_page_aegis_signs(fresh: VaultServer, reader: Path) -> None:
    role_id = (reader / "role-id").read_text().strip()
    assert signs(fresh, AppRoleLogin(role_id, InFile(reader / "secret-id"))) == "2"


def test_with_the_jwt_of_the_page_a_ci_job_signs(fresh: VaultServer, reader: Path) -> None:
    assert signs(fresh, JwtLogin("aegis-release", InFile(reader / "main.jwt"))) == "2"


def test_the_secrets_of_the_pages_are_their_owner_s_alone(reader: Path) -> None:
    for name in ("aegis.token", "secret-id"):
        assert (reader / name).stat().st_mode & 0o077 == 0


def test_each_page_has_commands_and_says_what_some_of_them_print() -> None:
    for page in ("how-to/vault.md", "how-to/vault-oidc-approle.md"):
        found = list(blocks(page))
        assert len(found) > 4
        assert any(block.printed for block in found)


def test_the_codes_on_the_page_are_those_of_the_code() -> None:
    proof = DOCS.parent / "aegis" / "proof" / "signing"
    sources = [*proof.glob("*.py"), DOCS.parent / "registry" / "signing" / "vaults.py"]

    raised = {code for path in sources for code in re.findall(r'"(signer_\w+)"', path.read_text())}
    said = set(re.findall(r"`(signer_\w+)`", (DOCS / "how-to" / "vault.md").read_text()))
    assert said == raised


def _ci_token(key: ec.EllipticCurvePrivateKey, ref: str) -> str:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    now = int(time.time())
    claims = {
        "iss": "https://ci.example",
        "aud": "aegis",
        "sub": "repo:example/churn",
        "repository": "example/churn",
        "ref": ref,
        "iat": now,
        "exp": now + 600,
    }
    return jwt.encode(claims, pem, algorithm="ES256")
