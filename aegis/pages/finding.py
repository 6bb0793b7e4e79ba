"""What an address names, as the person who asks may see it."""

from aegis.accounts.models import User
from registry import lookup
from registry.models import ModelVersion, RegisteredModel


def find_model(user: User, name: str) -> RegisteredModel:
    """Return the registered model of that name, or raise ``NotFound``."""
    return lookup.get_model(name, user=user)


def find_version(user: User, name: str, ref: str | int) -> ModelVersion:
    """Return the version that ``ref`` names in that model, or raise ``NotFound``."""
    return lookup.resolve_version(find_model(user, name), str(ref)).version
