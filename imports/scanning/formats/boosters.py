"""Models of LightGBM and CatBoost, and XGBoost's old binary form."""

import re
from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.flatbuffers import Buffer
from imports.scanning.formats.saying import malformed, trailing
from imports.scanning.sources import Source

_LIGHTGBM: Final = re.compile(rb"\Atree\r?\nversion=v[1-9]\r?\n")
_TREE_SIZES: Final = re.compile(rb"^tree_sizes=([0-9 ]*)\r?$", re.MULTILINE)
_LONGEST_SIZE: Final = 19
_HEADER: Final = 16 * 1024 * 1024
_CATBOOST: Final = b"CBM1"
_XGBOOST: Final = (b"binf", b"bs64")


def recognises_lightgbm(source: Source) -> bool:
    """Say whether the first two lines are those of LightGBM."""
    return bool(_LIGHTGBM.match(source.head))


def examine_lightgbm(source: Source, scan: Scan) -> Examination:
    """Hold the sizes of the trees, by which LightGBM jumps, against where the trees are."""
    head = source.read_at(0, _HEADER)
    match = _TREE_SIZES.search(head)
    first = head.find(b"\nTree=0\n") + 1
    if match is None or not first:
        raise malformed(source, "trees_missing", "The sizes of the trees or the first is missing.")
    sizes = [int(each) for each in match[1].split() if len(each) < _LONGEST_SIZE]
    if len(sizes) != len(match[1].split()):
        raise malformed(source, "tree_not_there", "A tree claims more bytes than any file has.")
    place = first
    for index, size in enumerate(sizes):
        scan.check_time(source.place)
        opening = b"Tree=%d\n" % index
        if place > source.size or source.read_at(place, len(opening)) != opening:
            sentence = "A tree is not where the sizes of the trees say."
            raise malformed(source, "tree_not_there", sentence, f"Tree={index}")
        place += size
    if place > source.size or not source.read_at(place, 64).lstrip(b"\r\n").startswith(
        b"end of trees"
    ):
        raise malformed(source, "trees_no_end", "The trees do not end where their sizes say.")
    return Examination()


def recognises_catboost(source: Source) -> bool:
    """Say whether the magic of CatBoost comes first."""
    return source.head.startswith(_CATBOOST)


def examine_catboost(source: Source, scan: Scan) -> Examination:
    """Hold the core's size against the file, and the core's root against its size."""
    size = int.from_bytes(source.head[4:8], "little")
    if not 8 <= size <= source.size - 8:  # noqa: PLR2004 -- an offset and a table at least.
        raise malformed(source, "truncated", f"The model claims {size:,} bytes.")
    Buffer(source, scan, 8, size).root()
    return trailing(source, 8 + size, "CatBoost model")


def recognises_old_xgboost(source: Source) -> bool:
    """Say whether the magic of XGBoost's binary form comes first."""
    return source.head.startswith(_XGBOOST)


def examine_old_xgboost(source: Source, scan: Scan) -> Examination:
    """Refuse it: XGBoost itself does not read this form any more."""
    scan.check_time(source.place)
    sentence = "XGBoost's old binary form is not read here; save the model as JSON or UBJSON."
    raise malformed(source, "format_deprecated", sentence)


LIGHTGBM: Final = Format(
    "lightgbm", frozenset({".lgb"}), recognises_lightgbm, examine_lightgbm, is_text=True
)
CATBOOST: Final = Format("catboost", frozenset({".cbm"}), recognises_catboost, examine_catboost)
OLD_XGBOOST: Final = Format(
    "xgboost-binary", frozenset(), recognises_old_xgboost, examine_old_xgboost
)
