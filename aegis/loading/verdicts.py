"""What a load check shows: the one rule by which its writer and the registry both go."""

from collections.abc import Mapping
from typing import Any, Literal


def verdict_of(document: Mapping[str, Any]) -> tuple[Literal["pass", "fail"], str]:
    """Return the outcome that the parts of a load check add up to, and why, in a sentence."""
    if failure := document.get("failure"):
        return "fail", failure["sentence"]
    loaded = document.get("loaded")
    if not loaded:
        return "fail", "It was not loaded."
    with_what = f"Loaded as {loaded['kind']}"
    comparison = document.get("comparison")
    if comparison is None:
        return "pass", f"{with_what}; nothing was predicted."
    against = _against(comparison)
    if fault := comparison.get("fault"):
        return "fail", f"{with_what}, and its outputs cannot be compared with {against}: {fault}."
    values, wrong = int(comparison["values"]), int(comparison["mismatches"])
    furthest = comparison.get("largest_difference")
    largest = f" by up to {furthest:g}" if furthest is not None else ""
    tolerance = f"rtol {comparison['rtol']:g}, atol {comparison['atol']:g}"
    if wrong:
        sentence = f"{wrong} of {values} values differ from {against}{largest} ({tolerance})."
        return "fail", f"{with_what}, and {sentence}"
    differ = f", which differ{largest}" if furthest else ""
    return "pass", f"{with_what}; {values} values equal {against}{differ} ({tolerance})."


def _against(comparison: Mapping[str, Any]) -> str:
    return "the expected ones" if comparison["against"] == "expected" else "those of a second run"
