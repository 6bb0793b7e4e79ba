from pathlib import Path

import pytest
from pytest_django import Settings

from aegis.proof.signing.refusals import SignerMisconfigured
from registry.signing.configured import configured_signer
from registry.signing.vaults import vault_signer
from registry.signing_keys import list_first_key


@pytest.mark.django_db
def test_without_a_vault_the_development_signer_signs(settings: Settings, tmp_path: Path) -> None:
    list_first_key()
    settings.AEGIS_SIGNER = "development"
    settings.AEGIS_DATA = tmp_path
    signer = configured_signer()
    assert signer.is_development
    assert [key.key_name for key in signer.public_keys()] == ["aegis-development"]
    assert (tmp_path / "keys" / "development.pem").exists()


def test_a_key_of_a_vault_that_is_not_set_says_so_when_it_is_to_sign(settings: Settings) -> None:
    settings.AEGIS_VAULT = None
    with pytest.raises(SignerMisconfigured, match="the-key of a Vault") as caught:
        vault_signer("the-key")
    assert caught.value.code == "signer_missing"
