"""The cast with tokens and sessions, two policies, and a model in a data folder of the test's."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from aegis.accounts.models import User
from aegis.accounts.tokens import create_token
from registry.models import ModelVersion, RegisteredModel
from tests.aegis.api.calling import Api
from tests.approvals import making as approving
from tests.cast import Cast, assemble
from tests.registry import making as registering

Caller = Callable[..., Api]


@pytest.fixture
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    """Where the registry keeps its files during this test."""
    registering.keep_files_in(tmp_path, settings)
    return tmp_path


@pytest.fixture
def cast(db: None, data_folder: Path) -> Cast:
    """The people of the tests, with a policy for each stage."""
    made = assemble()
    approving.production_policy(made)
    approving.staging_policy(made)
    return made


@pytest.fixture
def by_token(cast: Cast) -> Caller:
    """Return a function that makes a caller with a fresh token of one person."""

    def call(user: User, *scopes: str) -> Api:
        wanted = scopes or ("read", "write")
        _, plain = create_token(
            actor=cast.ada if user.is_service else user,
            user=user,
            name="test",
            scopes=wanted,
            lifetime=timedelta(days=2),
        )
        return Api(token=plain)

    return call


@pytest.fixture
def mina(cast: Cast, by_token: Caller) -> Api:
    """Mina, who uploads and asks, by token."""
    return by_token(cast.mina)


@pytest.fixture
def model(cast: Cast) -> RegisteredModel:
    """A model of growth that marc maintains and the risk team reviews."""
    return registering.new_model(cast)


@pytest.fixture
def version(cast: Cast, model: RegisteredModel) -> ModelVersion:
    """A version of mina's whose files are stored and signed."""
    return registering.new_version(model, cast.mina)
