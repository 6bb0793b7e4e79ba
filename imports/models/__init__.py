"""How versions come in, and how those that are in are scanned again."""

from imports.models.imports import Import, ImportState, ImportStep
from imports.models.rescans import Rescan, RescanState
from imports.models.rights import ImportRight

__all__ = ["Import", "ImportRight", "ImportState", "ImportStep", "Rescan", "RescanState"]
