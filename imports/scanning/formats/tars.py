"""Tars, whose members are examined one by one."""

from typing import Final

from imports.scanning.archives.tars import examine_tar, is_tar
from imports.scanning.examination import Format

FORMAT: Final = Format(
    name="tar",
    extensions=frozenset({".nemo", ".tar"}),
    recognises=is_tar,
    examine=examine_tar,
)
