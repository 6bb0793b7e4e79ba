"""A model with a ready version, in a data folder of the test's own."""

from tests.registry.fixtures import at_once, data_folder, model, pending, version
from tests.servers.signing import stand_in, transit

__all__ = ["at_once", "data_folder", "model", "pending", "stand_in", "transit", "version"]
