"""Zips, and those of PyTorch and skops among them."""

from typing import Final

from imports.scanning.archives.torch_layout import TorchZip, layout_of
from imports.scanning.archives.zip_directory import is_zip
from imports.scanning.archives.zips import examine_zip
from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.sources import Source

# As the directory at the end of the file names the member that every skops file has.
_SCHEMA: Final = b"schema.json"


def _is_skops(source: Source) -> bool:
    return is_zip(source) and layout_of(source) is None and _SCHEMA in source.tail


def _is_other(source: Source) -> bool:
    return is_zip(source) and layout_of(source) is None and _SCHEMA not in source.tail


def _examine_torch(source: Source, scan: Scan) -> Examination:
    folder = layout_of(source)
    assert folder is not None
    return TorchZip(source, scan, folder).examine()


TORCH: Final = Format(
    name="pytorch",
    extensions=frozenset({".bin", ".ckpt", ".pt", ".pt2", ".pth", ".ptl"}),
    recognises=lambda source: layout_of(source) is not None,
    examine=_examine_torch,
)
SKOPS: Final = Format(
    name="skops",
    extensions=frozenset({".skops"}),
    recognises=_is_skops,
    examine=examine_zip,
)
FORMAT: Final = Format(
    name="zip",
    extensions=frozenset({".keras", ".npz", ".whl", ".zip"}),
    recognises=_is_other,
    examine=examine_zip,
)
