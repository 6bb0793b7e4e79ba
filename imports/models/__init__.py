"""How versions come in, and how those that are in are scanned and looked after again."""

from imports.models.hub_origins import HubOrigin, RevisionWatch
from imports.models.imports import Import, ImportState, ImportStep
from imports.models.readings import ReadingState, RunReading
from imports.models.rescans import Rescan, RescanState
from imports.models.rights import ImportRight
from imports.models.stated import StatedOrigin

__all__ = [
    "HubOrigin",
    "Import",
    "ImportRight",
    "ImportState",
    "ImportStep",
    "ReadingState",
    "Rescan",
    "RescanState",
    "RevisionWatch",
    "RunReading",
    "StatedOrigin",
]
