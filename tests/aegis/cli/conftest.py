"""A registry with a worker, for clients that import."""

from tests.aegis.sdk.serving import serving

__all__ = ["serving"]
