"""Paths of the site, for notifications and refusals: lower layers know the pages by these alone."""

from registry.models import ModelVersion, RegisteredModel


def model_path(model: RegisteredModel) -> str:
    """Return the path of a registered model's page."""
    return f"/models/{model.name}/"


def version_path(version: ModelVersion) -> str:
    """Return the path of a version's page."""
    return f"{model_path(version.registered_model)}versions/{version.number}/"


def key_path(name: str) -> str:
    """Return the path of a signing key's page; without a name that of their list."""
    return f"/keys/{name}/" if name else "/keys/"
