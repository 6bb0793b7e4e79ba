from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from imports.rights import grant_import_right
from imports.sources.huggingface.source import HuggingFaceSource
from tests.cast import Cast
from tests.servers.hub import Hub, running_hub


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with running_hub() as running:
        settings.AEGIS_EGRESS_ALLOW = running.hosts
        yield running


@pytest.fixture
def source(hub: Hub) -> HuggingFaceSource:
    return HuggingFaceSource(hub.endpoint)


@pytest.fixture
def importing(cast: Cast, hub: Hub, data_folder: Path, settings: Settings) -> None:
    """Let growth import from the hub."""
    settings.HF_ENDPOINT = hub.endpoint
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
