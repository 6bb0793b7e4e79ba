"""How versions come in."""

from imports.models.imports import Import, ImportState, ImportStep

__all__ = ["Import", "ImportState", "ImportStep"]
