"""A registry with a worker, for clients that import, and models that can be loaded."""

from tests.aegis.loading.conftest import models
from tests.aegis.sdk.serving import serving

__all__ = ["models", "serving"]
