"""Packages: the files of a version as one deterministic ``.tar.gz`` that can be read anywhere."""

from typing import Final

from aegis.proof.packages.index import Index
from aegis.proof.packages.members import LAYOUT
from aegis.proof.packages.reading import read_member
from aegis.proof.packages.rebuilding import rebuild
from aegis.proof.packages.seekable import Package, pack
from aegis.proof.packages.unpacking import unpack
from aegis.proof.packages.verifying import verify

MEDIA_TYPE: Final = "application/gzip"

__all__ = [
    "LAYOUT",
    "MEDIA_TYPE",
    "Index",
    "Package",
    "pack",
    "read_member",
    "rebuild",
    "unpack",
    "verify",
]
