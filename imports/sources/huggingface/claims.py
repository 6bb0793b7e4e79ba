"""The metrics that a card claims: its ``model-index``, result by result."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aegis.problems import Invalid
from imports.sources.huggingface.front_matter import HubCard, words_of
from imports.sources.huggingface.publishers_words import fit
from imports.sources.protocol import FoundMetric
from registry.metric_names import check_metric_name

MOST: Final = 1_000
_LINE: Final = 200
_YAML_NOT_FINITE: Final = re.compile(r"[-+]?\.?(?:inf|infinity|nan)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*)?\.?[0-9]*(?:[eE][-+]?[0-9]{1,4})?")


@dataclass(slots=True)
class Claims:
    """What a card claims, and what of it cannot be recorded with the reason."""

    metrics: list[FoundMetric] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def claims_of(card: HubCard) -> Claims:
    """Return the metrics of a card's ``model-index``; a broken entry takes no other with it."""
    claims = Claims()
    seen: set[tuple[str, str, str]] = set()
    for count, (name, value, dataset, part) in enumerate(_entries(card.data.get("model-index"))):
        shown = fit(" / ".join(filter(None, (name, dataset, part))), limit=_LINE) or "a metric"
        if count >= MOST:
            claims.left_out["and more"] = f"a version takes over {MOST:,} claims at most"
            break
        if (name, dataset, part) in seen:
            claims.left_out.setdefault(f"{shown} (again)", "it is claimed twice")
            continue
        seen.add((name, dataset, part))
        number, fault = _number(value)
        try:
            check_metric_name(name)
        except Invalid as refusal:
            fault = refusal.sentence
        if fault:
            claims.left_out[shown] = fault
        else:
            claims.metrics.append(FoundMetric(name, number, dataset, part))
    return claims


def _entries(index: Any) -> Iterator[tuple[str, Any, str, str]]:
    """Yield name, value, data set and part of it for every metric of a model-index."""
    for model in _mappings(index):
        for result in _mappings(model.get("results")):
            data = result.get("dataset")
            about = data if isinstance(data, dict) else {}
            dataset = _line(about.get("name")) or _line(about.get("type"))
            part = "/".join(filter(None, (_line(about.get("config")), _line(about.get("split")))))
            for metric in _mappings(result.get("metrics")):
                name = _line(metric.get("type")) or _line(metric.get("name"))
                yield name, metric.get("value"), dataset, part[:_LINE]


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def _line(value: Any) -> str:
    return next(words_of(value), "")[:_LINE]


def _number(value: Any) -> tuple[float, str]:
    """Return a number that YAML writes, or why it is none that can be recorded."""
    text = value.strip() if isinstance(value, str) else ""
    if _YAML_NOT_FINITE.fullmatch(text):
        return 0.0, "its value is not finite"
    if not text or not _NUMBER.fullmatch(text):
        return 0.0, "its value is no number"
    try:
        number = float(text)
    except ValueError:
        return 0.0, "its value is no number"
    return (number, "") if math.isfinite(number) else (0.0, "its value is not finite")
