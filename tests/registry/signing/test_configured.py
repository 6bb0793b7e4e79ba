from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from registry.signing.configured import configured_signer


def test_without_a_vault_the_development_signer_signs(settings: Settings, tmp_path: Path) -> None:
    settings.AEGIS_SIGNER = "development"
    settings.AEGIS_DATA = tmp_path
    signer = configured_signer()
    assert signer.is_development
    assert [key.key_name for key in signer.public_keys()] == ["aegis-development"]
    assert (tmp_path / "keys" / "development.pem").exists()


def test_a_signer_that_is_not_there_is_refused_with_a_sentence(settings: Settings) -> None:
    settings.AEGIS_SIGNER = "vault"
    with pytest.raises(ImproperlyConfigured, match="Unset VAULT_ADDR"):
        configured_signer()
