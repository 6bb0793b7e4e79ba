"""Fixtures of the registry and of what stands on it: a model, a version, a folder of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from registry.models import ModelVersion, RegisteredModel
from registry.versions import create_version
from tests.cast import Cast
from tests.registry import making


@pytest.fixture
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    """Where the registry keeps its files during this test."""
    making.keep_files_in(tmp_path, settings)
    return tmp_path


@pytest.fixture
def model(cast: Cast, data_folder: Path) -> RegisteredModel:
    """A model of growth that marc maintains and the risk team reviews."""
    return making.new_model(cast)


@pytest.fixture
def pending(cast: Cast, model: RegisteredModel) -> ModelVersion:
    """A version of mina's without any files yet."""
    return create_version(model, actor=cast.mina, source=ModelVersion.Source.UPLOAD)


@pytest.fixture
def version(cast: Cast, model: RegisteredModel) -> ModelVersion:
    """A version of mina's whose files are stored and signed."""
    return making.new_version(model, cast.mina)


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """Return a function that calls another one in many threads at once, each in its session."""

    def call(act: Callable[[], Any], *, times: int) -> list[Any]:
        start = Barrier(times)

        def one(_: int) -> Any:
            start.wait()
            try:
                return act()
            finally:
                connection.close()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    return call
