"""A registry with a worker, for clients that import, and models that can be loaded."""

from tests.aegis.loading.conftest import models
from tests.aegis.sdk.serving import serving
from tests.servers.mlflow.tracking import tracked

__all__ = ["models", "serving", "tracked"]
