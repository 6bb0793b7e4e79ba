"""Zips, and those of PyTorch among them."""

from typing import Final

from imports.scanning.archives.torch_layout import TorchZip, layout_of
from imports.scanning.archives.zip_directory import is_zip
from imports.scanning.archives.zips import examine_zip
from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.sources import Source


def _is_other(source: Source) -> bool:
    return is_zip(source) and layout_of(source) is None


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
FORMAT: Final = Format(
    name="zip",
    extensions=frozenset({".keras", ".npz", ".skops", ".whl", ".zip"}),
    recognises=_is_other,
    examine=examine_zip,
)
