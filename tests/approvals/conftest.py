"""The cast with two policies and a model; plain or with commits, as the test asks."""

import pytest

from registry.models import ModelVersion, RegisteredModel
from tests.approvals import making
from tests.cast import Cast, assemble
from tests.registry.fixtures import data_folder
from tests.servers.signing import stand_in, transit

__all__ = ["data_folder", "stand_in", "transit"]


@pytest.fixture
def cast(db: None) -> Cast:
    """The people of the tests, with a policy for each stage."""
    made = assemble()
    making.production_policy(made)
    making.staging_policy(made)
    return made


@pytest.fixture
def model(cast: Cast) -> RegisteredModel:
    """A model of growth that marc maintains and the risk team reviews."""
    return making.new_model(cast)


@pytest.fixture
def version(cast: Cast, model: RegisteredModel) -> ModelVersion:
    """Its first version, ready, with a complete card, uploaded by mina."""
    return making.new_version(model, cast.mina)
