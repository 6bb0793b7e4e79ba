"""A registry with a worker, the signing key that pages name, and an MLflow server."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from aegis.settings.tracking import TrackingServer
from imports.rights import grant_import_right
from registry.tasks import publish_revocations
from tests.aegis.sdk.serving import Serving, serving
from tests.registry.keys import new_key
from tests.servers.mlflow import server

__all__ = ["serving"]

KEY = "aegis-model-sign"


@pytest.fixture(scope="session")
def mlflow() -> Iterator[str]:
    """The address of a real tracking server in which nobody has logged anything yet."""
    yield from server.running()


@pytest.fixture
def registry(serving: Serving, mlflow: str, settings: Settings) -> Serving:
    """A registry that imports from that server as ``main``, and signs with the pages' key."""
    settings.AEGIS_MLFLOW_TRACKING_URIS = {"main": TrackingServer("main", mlflow)}
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1"})
    new_key(serving.cast, KEY)
    grant_import_right(serving.cast.growth, actor=serving.cast.ada, source="mlflow", place="main")
    publish_revocations()
    return serving
