"""Signing in to a real Vault: AppRole, JWT, tokens; renewed in time, and never shown."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aegis.problems import Refusal
from aegis.proof.signing.keys import pem_of
from aegis.proof.signing.signer import sign
from aegis.proof.signing.vault import VaultTransitSigner, connect
from aegis.proof.signing.vault_auth import (
    AppRoleLogin,
    Given,
    InFile,
    JwtLogin,
    Login,
    TokenLogin,
)
from tests.aegis.proof.signing.vaults import Signing
from tests.servers.transit import Mode, TransitStandIn
from tests.servers.vault.server import VaultServer

SIGNED = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"


@dataclass(frozen=True, slots=True)
class Place:
    """A key of the real Vault, a policy that lets it sign, and a mount of its own to sign in."""

    signing: Signing
    policy: str
    mount: str

    def signer(self, login: Login) -> VaultTransitSigner:
        """Return a signer that signs in so."""
        return VaultTransitSigner(connect(self.signing.server.address, login), self.signing.key)

    def app_role(self, *, ttl: str = "20m", longest: str = "1h") -> AppRoleLogin:
        """Make a role; its login comes with a secret id that works any number of times."""
        client = self.signing.server.client()
        client.sys.enable_auth_method("approle", path=self.mount)
        role = client.auth.approle
        role.create_or_update_approle(
            "aegis",
            token_policies=[self.policy],
            token_ttl=ttl,
            token_max_ttl=longest,
            mount_point=self.mount,
        )
        role_id = role.read_role_id("aegis", mount_point=self.mount)["data"]["role_id"]
        made = role.generate_secret_id("aegis", mount_point=self.mount)["data"]
        return AppRoleLogin(role_id, Given(made["secret_id"]), mount=self.mount)


@pytest.fixture
def place(vault: VaultServer) -> Place:
    name = uuid.uuid4().hex[:12]
    signing = Signing(vault, f"key-{name}")
    vault.make_key(signing.key)
    vault.client().sys.create_or_update_policy(
        f"signs-{name}",
        f'path "transit/keys/{signing.key}" {{ capabilities = ["read"] }}\n'
        f'path "transit/sign/{signing.key}" {{ capabilities = ["update"] }}\n',
    )
    return Place(signing, f"signs-{name}", f"auth-{name}")


def test_an_app_role_signs_in_and_signs(place: Place) -> None:
    assert sign(place.signer(place.app_role()), SIGNED).key_version == "1"


def test_a_wrong_secret_id_is_refused_with_what_vault_says_and_not_with_the_secret(
    place: Place,
) -> None:
    role = place.app_role()
    wrong = AppRoleLogin(role.role_id, Given("not-the-secret-id"), mount=role.mount)
    with pytest.raises(Refusal) as caught:
        place.signer(wrong).sign(SIGNED)
    assert caught.value.code == "signer_login_failed"
    assert "secret" in caught.value.sentence
    assert "not-the-secret-id" not in f"{caught.value.sentence} {caught.value.mend}"


def test_a_token_is_renewed_at_half_of_its_time(place: Place) -> None:
    signer = place.signer(place.app_role(ttl="2s"))
    until = time.monotonic() + 4
    while time.monotonic() < until:
        sign(signer, SIGNED)
        time.sleep(0.2)


def test_at_the_end_of_a_token_s_longest_life_aegis_signs_in_again(place: Place) -> None:
    signer = place.signer(place.app_role(ttl="2s", longest="3s"))
    until = time.monotonic() + 6
    while time.monotonic() < until:
        sign(signer, SIGNED)
        time.sleep(0.2)


def test_a_token_that_somebody_revoked_is_replaced_by_signing_in_again(place: Place) -> None:
    signer = place.signer(place.app_role())
    sign(signer, SIGNED)
    client = place.signing.server.client()
    for accessor in client.list("auth/token/accessors")["data"]["keys"]:
        shown = client.auth.token.lookup_accessor(accessor)["data"]
        if place.policy in shown["policies"]:
            client.auth.token.revoke_accessor(accessor)
    assert sign(signer, SIGNED).key_version == "1"


def test_a_ci_job_signs_in_with_its_jwt_and_only_with_the_right_claims(
    place: Place, tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    client = place.signing.server.client()
    client.sys.enable_auth_method("jwt", path=place.mount)
    client.auth.jwt.configure(
        jwt_validation_pubkeys=[pem_of(key)], bound_issuer="https://ci.example", path=place.mount
    )
    client.auth.jwt.create_role(
        name="release",
        role_type="jwt",
        user_claim="sub",
        bound_audiences=["aegis"],
        bound_claims={"ref": "refs/heads/main"},
        token_policies=[place.policy],
        allowed_redirect_uris=[],
        path=place.mount,
    )
    file = tmp_path / "jwt"
    signer = place.signer(JwtLogin("release", InFile(file), mount=place.mount))

    file.write_text(_ci_token(key, ref="refs/heads/other"))
    with pytest.raises(Refusal, match="ref") as caught:
        sign(signer, SIGNED)
    assert caught.value.code == "signer_login_failed"
    assert file.read_text() not in caught.value.sentence

    file.write_text(_ci_token(key, ref="refs/heads/main"))
    assert sign(signer, SIGNED).key_version == "1"


def test_a_token_in_a_file_is_read_again_once_it_ended(place: Place, tmp_path: Path) -> None:
    server = place.signing.server
    paths = (f"transit/keys/{place.signing.key}", f"transit/sign/{place.signing.key}")
    file = tmp_path / "token"
    first = server.token_for(*paths)
    file.write_text(f"{first}\n")
    signer = place.signer(TokenLogin(InFile(file)))
    sign(signer, SIGNED)
    server.revoke(first)
    file.write_text(server.token_for(*paths))
    assert sign(signer, SIGNED).key_version == "1"


@pytest.mark.parametrize("content", ["", "two words", None])
def test_a_file_without_a_secret_is_named(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "secret-id"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Refusal, match="secret-id") as caught:
        InFile(file)()
    assert caught.value.code == "signer_login_failed"


def test_many_threads_share_one_sign_in(place: Place) -> None:
    role = place.app_role()
    signer = place.signer(role)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: sign(signer, SIGNED), range(64)))
    client = place.signing.server.client()
    held = [
        client.auth.token.lookup_accessor(accessor)["data"]["policies"]
        for accessor in client.list("auth/token/accessors")["data"]["keys"]
    ]
    assert sum(place.policy in policies for policies in held) == 1


def test_nothing_shows_a_secret() -> None:
    word = "s.canary-canary"
    logins = [
        TokenLogin(Given(word)),
        AppRoleLogin("role", Given(word)),
        JwtLogin("role", Given(word)),
    ]
    for login in logins:
        connection = connect("http://127.0.0.1:1", login)
        assert word not in f"{login!r} {connection!r} {vars(connection)}"


def test_a_vault_that_repeats_the_token_in_an_error_is_not_repeated(
    stand_in: TransitStandIn,
) -> None:
    stand_in.make_key("key")
    with stand_in.behaving(Mode.ECHO), pytest.raises(Refusal) as caught:
        Signing(stand_in, "key").signer().sign(SIGNED)
    assert caught.value.code == "signer_failed"
    assert stand_in.token not in f"{caught.value} {caught.value.mend} {caught.value.details}"


def _ci_token(key: ec.EllipticCurvePrivateKey, *, ref: str) -> str:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    now = int(time.time())
    claims = {
        "iss": "https://ci.example",
        "aud": "aegis",
        "sub": "project:churn",
        "ref": ref,
        "iat": now,
        "exp": now + 300,
    }
    return jwt.encode(claims, pem, algorithm="ES256")
