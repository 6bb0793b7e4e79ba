"""The page on keys to verify only: run as it stands, by a real Vault that Aegis does not reach."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from registry.models import SigningKey
from tests.aegis.sdk.serving import Serving, serving
from tests.docs.pages import DOCS, blocks
from tests.harness import required
from tests.servers.vault import binary
from tests.servers.vault.server import VaultServer, start

__all__ = ["serving"]

PAGE = "how-to/verify-only-keys.md"


@pytest.fixture
def fresh() -> Iterator[VaultServer]:
    """A Vault with a Transit engine, in which nobody has made the page's key."""
    server = start(binary.find() or required.missing(binary.MISSING))
    assert server.child is not None
    server.make_key("another")
    yield server
    server.child.stop()


@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_page_list_the_key_and_its_rotation(
    serving: Serving, fresh: VaultServer, settings: Settings, tmp_path: Path
) -> None:
    settings.AEGIS_VAULT = None
    ada = serving.cast.ada
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "vault").symlink_to(str(fresh.binary))
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "VAULT_ADDR": fresh.address,
        "VAULT_TOKEN": fresh.token,
        "AEGIS_URL": serving.url,
        "AEGIS_TOKEN": serving.token(ada, "admin"),
    }

    said = [(block, block.run(tmp_path, environment)) for block in blocks(PAGE)]

    assert len(said) == 5
    for block, output in said:
        assert block.is_as_said(output), f"{block.commands}\n{output}"
    first, second = SigningKey.objects.get(name="ci-sign").versions.all()
    assert (first.version, second.version) == ("1", "2")
    assert said[2][1].strip() == first.hint


def test_the_codes_on_the_page_are_those_of_the_code() -> None:
    source = (DOCS.parent / "registry" / "pasted_keys.py").read_text()
    raised = {f"public_key_{code}" for code in re.findall(r'_refused\(\s*"(\w+)"', source)}
    assert set(re.findall(r"`(public_key_\w+)`", (DOCS / PAGE).read_text())) == raised
