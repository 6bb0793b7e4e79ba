"""The signer's contract with Vault's Transit engine, held by the stand-in and by a real Vault."""

from collections.abc import Callable

import pytest

from aegis.problems import Refusal, Unavailable
from aegis.proof.signing.keys import check_signature, hint
from aegis.proof.signing.refusals import KeyUnfit, SignerAway, SignerMisconfigured
from aegis.proof.signing.signer import sign
from tests.aegis.proof.signing.vaults import Signing

SIGNED = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"


def refusal(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_a_signature_verifies_with_the_key_that_vault_shows(signing: Signing) -> None:
    signer = signing.signer()
    answer = sign(signer, SIGNED)
    check_signature(answer.public_key_pem, answer.signature_der, SIGNED)
    assert (answer.key_name, answer.key_version) == (signing.key, "1")
    assert answer.algorithm == "ecdsa-p256-sha256"
    assert [key.public_key_pem for key in signer.public_keys()] == [answer.public_key_pem]
    assert signer.is_development is False


def test_after_a_rotation_the_new_version_signs_and_the_old_signature_still_verifies(
    signing: Signing,
) -> None:
    signer = signing.signer()
    old = sign(signer, SIGNED)
    signing.server.rotate(signing.key)
    new = sign(signer, SIGNED)
    assert (old.key_version, new.key_version) == ("1", "2")
    shown = {key.key_version: key.public_key_pem for key in signer.public_keys()}
    assert list(shown) == ["1", "2"]
    for answer in (old, new):
        check_signature(shown[answer.key_version], answer.signature_der, SIGNED)
    assert hint(shown["1"]) != hint(shown["2"])


def test_the_versions_are_in_the_order_of_their_numbers(signing: Signing) -> None:
    for _ in range(10):
        signing.server.rotate(signing.key)
    numbers = [key.key_version for key in signing.signer().public_keys()]
    assert numbers == [str(number) for number in range(1, 12)]


def test_a_key_that_can_be_exported_signs_nothing(signing: Signing) -> None:
    signing.server.make_key(f"{signing.key}-open", exportable=True)
    found = refusal(lambda: signing.signer(key=f"{signing.key}-open").sign(SIGNED))
    assert isinstance(found, KeyUnfit)
    assert (found.code, found.status) == ("signer_key_exportable", 409)
    assert f"{signing.key}-open" in found.sentence


def test_a_key_made_exportable_later_is_found_at_the_next_look(signing: Signing) -> None:
    signer = signing.signer()
    sign(signer, SIGNED)
    signing.server.change_key(signing.key, exportable=True)
    assert refusal(signer.report).code == "signer_key_exportable"
    assert refusal(lambda: signer.sign(SIGNED)).code == "signer_key_exportable"


def test_a_key_that_can_be_backed_up_in_plain_signs_nothing(signing: Signing) -> None:
    signing.server.change_key(signing.key, allow_plaintext_backup=True)
    assert refusal(lambda: signing.signer().sign(SIGNED)).code == "signer_key_backup_allowed"


def test_a_key_that_vault_would_delete_is_reported_and_signs(signing: Signing) -> None:
    assert signing.signer().report().deletion_allowed is False
    signing.server.change_key(signing.key, deletion_allowed=True)
    assert signing.signer().report().deletion_allowed is True
    assert sign(signing.signer(), SIGNED).key_version == "1"


def test_a_key_of_another_type_is_refused_by_its_type(signing: Signing) -> None:
    signing.server.make_key(f"{signing.key}-384", "ecdsa-p384")
    found = refusal(lambda: signing.signer(key=f"{signing.key}-384").sign(SIGNED))
    assert found.code == "signer_key_wrong_type"
    assert "ecdsa-p384" in found.sentence
    assert "ecdsa-p256" in (found.mend or "")


def test_a_key_that_is_not_there_is_named_with_the_command_that_makes_it(signing: Signing) -> None:
    found = refusal(lambda: signing.signer(key="no-such-key").sign(SIGNED))
    assert isinstance(found, SignerMisconfigured)
    assert found.code == "signer_key_unknown"
    assert "vault write -f transit/keys/no-such-key type=ecdsa-p256" in (found.mend or "")


@pytest.mark.parametrize(
    ("allowed", "lacking"), [((), "keys"), (("transit/keys/{key}",), "sign")], ids=["read", "sign"]
)
def test_a_token_without_the_right_is_told_which_line_of_its_policy_is_missing(
    signing: Signing, allowed: tuple[str, ...], lacking: str
) -> None:
    token = signing.server.token_for(*(path.format(key=signing.key) for path in allowed))
    found = refusal(lambda: signing.signer(token).sign(SIGNED))
    capability = {"keys": "read", "sign": "update"}[lacking]
    assert isinstance(found, SignerMisconfigured)
    assert found.code == "signer_forbidden"
    assert f"`{capability}` on `transit/{lacking}/{signing.key}`" in found.sentence
    assert found.details == {
        "path": f"transit/{lacking}/{signing.key}",
        "capability": capability,
    }


def test_two_lines_of_policy_are_enough(signing: Signing) -> None:
    paths = (f"transit/keys/{signing.key}", f"transit/sign/{signing.key}")
    assert sign(signing.signer(signing.server.token_for(*paths)), SIGNED).key_version == "1"


def test_a_token_that_ended_is_no_missing_right(signing: Signing) -> None:
    token = signing.server.token_for(f"transit/keys/{signing.key}", f"transit/sign/{signing.key}")
    signer = signing.signer(token)
    sign(signer, SIGNED)
    signing.server.revoke(token)
    found = refusal(lambda: signer.sign(SIGNED))
    assert found.code == "signer_login_failed"
    assert token not in f"{found.sentence} {found.mend} {found.details} {signer!r}"


def test_a_sealed_vault_is_away_and_signs_again_once_it_is_unsealed(signing: Signing) -> None:
    if not getattr(signing.server, "child", True):
        pytest.skip("The Vault of VAULT_ADDR is not ours to seal.")
    signer = signing.signer()
    before = sign(signer, SIGNED)
    signing.server.seal()
    try:
        found = refusal(lambda: signer.sign(SIGNED))
        new = refusal(lambda: signing.signer().sign(SIGNED))
    finally:
        signing.server.unseal()
    assert isinstance(found, SignerAway)
    assert isinstance(found, Unavailable)
    assert (found.code, new.code) == ("signer_sealed", "signer_sealed")
    assert sign(signer, SIGNED).public_key_pem == before.public_key_pem
