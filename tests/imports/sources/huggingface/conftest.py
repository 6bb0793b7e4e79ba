from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from imports.sources.huggingface.source import HuggingFaceSource
from tests.servers.hub import Hub, running_hub


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with running_hub() as running:
        settings.AEGIS_EGRESS_ALLOW = running.hosts
        yield running


@pytest.fixture
def source(hub: Hub) -> HuggingFaceSource:
    return HuggingFaceSource(hub.endpoint)
