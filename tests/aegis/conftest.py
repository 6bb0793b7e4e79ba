"""What tests of the platform share with those of the registry."""

from tests.registry.fixtures import at_once

__all__ = ["at_once"]
