"""Whether outputs are the expected ones, within a tolerance."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from aegis.loading.protocol import Arrays

RTOL: Final = 1e-5
ATOL: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far outputs are from what was expected.

    ``count`` values were compared; ``mismatches`` of them differ by more than ``atol`` and ``rtol``
    of the expected one allow. ``largest`` is the largest absolute difference of two finite numbers,
    None where none were compared. ``fault`` is a sentence if they could not be compared at all.
    """

    count: int
    mismatches: int
    largest: float | None
    rtol: float
    atol: float
    fault: str = ""

    @property
    def is_equal(self) -> bool:
        """Say whether everything is within the tolerance."""
        return not self.fault and not self.mismatches


def compare(got: Arrays, expected: Arrays, *, rtol: float = RTOL, atol: float = ATOL) -> Comparison:
    """Compare outputs with expected ones, by name, or where names differ in their order.

    Missing values (NaN) equal one another; texts have to be the same; a last dimension of 1 is
    as good as none.
    """
    pairs = _pairs(got, expected)
    if isinstance(pairs, str):
        return Comparison(0, 0, None, rtol, atol, pairs)
    count = mismatches = 0
    largest: float | None = None
    for name, ours, theirs in pairs:
        if _squeezed(ours).shape != _squeezed(theirs).shape:
            shapes = f"{list(ours.shape)}, and {list(theirs.shape)} was expected"
            return Comparison(0, 0, None, rtol, atol, f"{name} has the shape {shapes}")
        if _is_number(ours) != _is_number(theirs):
            words = "numbers" if _is_number(ours) else "texts"
            return Comparison(0, 0, None, rtol, atol, f"{name} holds {words}, unlike the expected")
        count += ours.size
        wrong, furthest = _differences(_squeezed(ours), _squeezed(theirs), rtol, atol)
        mismatches += wrong
        largest = furthest if largest is None else max(largest, furthest or 0.0)
    return Comparison(count, mismatches, largest, rtol, atol)


_Pair = tuple[str, "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]


def _pairs(got: Arrays, expected: Arrays) -> list[_Pair] | str:
    """Return what is compared with what, or a sentence why nothing is."""
    if not expected or not got:
        return "there is nothing to compare"
    if expected.keys() <= got.keys():
        return [(name, got[name], array) for name, array in expected.items()]
    if len(expected) == 1:
        ((name, array),) = got.items() if len(got) == 1 else (next(iter(got.items())),)
        return [(name, array, next(iter(expected.values())))]
    if all(array.ndim == 1 for array in expected.values()):
        # A table whose columns are those of one output, such as one for each class.
        stacked = np.column_stack(list(expected.values()))
        for name, array in got.items():
            if array.shape == stacked.shape:
                return [(name, array, stacked)]
    if len(expected) == len(got):
        paired = zip(got.items(), expected.values(), strict=True)
        return [(name, ours, theirs) for (name, ours), theirs in paired]
    return f"the outputs are {', '.join(got)}, and {', '.join(list(expected)[:10])} were expected"


def _differences(
    ours: "np.ndarray[Any, Any]", theirs: "np.ndarray[Any, Any]", rtol: float, atol: float
) -> tuple[int, float | None]:
    """Return how many elements differ, and the largest difference."""
    if not _is_number(ours):
        return int(np.count_nonzero(ours.astype(object) != theirs.astype(object))), None
    kind = np.complex128 if "c" in ours.dtype.kind + theirs.dtype.kind else np.float64
    one, other = ours.astype(kind), theirs.astype(kind)
    close = np.isclose(one, other, rtol=rtol, atol=atol, equal_nan=True)
    finite = np.isfinite(one) & np.isfinite(other)
    with np.errstate(over="ignore"):
        gaps = np.abs(one[finite] - other[finite])
    gaps = gaps[np.isfinite(gaps)]
    return int(np.count_nonzero(~close)), float(gaps.max()) if gaps.size else 0.0


def _is_number(array: "np.ndarray[Any, Any]") -> bool:
    return array.dtype.kind in "biufc"


def _squeezed(array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return array[..., 0] if array.ndim > 1 and array.shape[-1] == 1 else array
