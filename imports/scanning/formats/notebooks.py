"""Jupyter notebooks: code, in cells."""

from collections.abc import Iterator
from typing import Any

from imports.scanning.examination import Examination
from imports.scanning.formats.saying import unsafe


def examine_document(value: dict[str, Any], place: str) -> Iterator[Examination]:
    """Yield a finding if a document is a notebook with code in it."""
    if "nbformat" not in value or not isinstance(value.get("cells", []), list):
        return
    cells = [each for each in value.get("cells", []) if isinstance(each, dict)]
    if "worksheets" in value or any(each.get("cell_type") != "markdown" for each in cells):
        yield unsafe("code_file", "This is a notebook with code, and no data.", place)
