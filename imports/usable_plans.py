"""What of a plan can be recorded: somebody else's slip must not keep a model out.

Facts, sections and metrics that are not what they must be are left out with the reason. Files are
all or nothing: a version of some of them would not be what was asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from aegis.problems import Conflict, Invalid, Refusal
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.paths import check_path, check_paths
from aegis.sensitive.secrets import refuse_secrets
from imports.sources.protocol import FoundMetric, Notice, Plan
from registry.cards import check_sections
from registry.facts import check_fact
from registry.provenance import StatedMetric, is_recordable


def usable(plan: Plan) -> Plan:
    """Return ``plan`` without what cannot be recorded, each with a notice that says why.

    Raises ``Invalid`` for files that no artifact may hold: no copy can be made of those. What the
    source itself says against it stays a notice, for the look to show.
    """
    if not any(notice.refuses for notice in plan.notices):
        _check_files(plan)
    facts, notices = _usable_facts(plan.facts)
    card, more = _usable_card(plan.card)
    metrics, unusable = _usable_metrics(plan.metrics)
    return replace(
        plan,
        facts=facts,
        card=card,
        metrics=tuple(metrics),
        left_out_metrics={**plan.left_out_metrics, **unusable},
        notices=(*plan.notices, *notices, *more),
    )


def stated(metric: FoundMetric) -> StatedMetric:
    """Return a metric as the registry records it."""
    return StatedMetric(metric.name, metric.value, metric.dataset, metric.slice)


def digest_of(plan: Plan) -> str | None:
    """Return the digest of the manifest that will come of ``plan``, if the source says enough."""
    entries = []
    for file in plan.files:
        if file.size is None or not file.sha256:
            return None
        entries.append(FileEntry(file.path, file.size, file.sha256))
    return Manifest.of(entries).digest


def refuse_refused(plan: Plan) -> None:
    """Raise ``Conflict`` for what the plan itself says is refused."""
    for notice in plan.notices:
        if notice.refuses:
            raise Conflict(notice.code, notice.sentence)


def _check_files(plan: Plan) -> None:
    if not plan.files:
        raise Invalid(
            "source_empty",
            f"{plan.shown} has no file to import.",
            mend="Look at what is left out, and by which rule." if plan.left_out else None,
        )
    check_paths([check_path(file.path) for file in plan.files])
    for file in plan.files:
        refuse_secrets(file.path, field="path")
    _refuse_too_large(plan)


def _refuse_too_large(plan: Plan) -> None:
    if len(plan.files) > settings.AEGIS_UPLOAD_FILES:
        raise Invalid(
            "too_many_files",
            f"{plan.shown} has {len(plan.files):,} files; at most "
            f"{settings.AEGIS_UPLOAD_FILES:,} go into a version.",
        )
    for file in plan.files:
        if (file.size or 0) > settings.AEGIS_UPLOAD_FILE_BYTES:
            raise Invalid(
                "file_too_large",
                f"{file.path} has {file.size:,} bytes; at most "
                f"{settings.AEGIS_UPLOAD_FILE_BYTES:,} go into one file.",
                mend="Leave it out, or ask the operator to raise AEGIS_UPLOAD_FILE_BYTES.",
            )
    if sum(file.size or 0 for file in plan.files) > settings.AEGIS_UPLOAD_BYTES:
        raise Invalid(
            "upload_too_large",
            f"{plan.shown} has more than {settings.AEGIS_UPLOAD_BYTES:,} bytes.",
            mend="Leave files out, or ask the operator to raise AEGIS_UPLOAD_BYTES.",
        )


def _usable_facts(facts: Mapping[str, Any]) -> tuple[dict[str, Any], list[Notice]]:
    kept, notices = {}, []
    for name, value in facts.items():
        try:
            kept[name] = check_fact(name, value)
        except Refusal as refusal:
            notices.append(_left_out(f"The fact {name}", refusal))
    return kept, notices


def _usable_card(card: Mapping[str, str]) -> tuple[dict[str, str], list[Notice]]:
    kept, notices = {}, []
    for section, text in card.items():
        try:
            kept[section] = check_sections({section: text})[section]
        except Refusal as refusal:
            notices.append(_left_out(f"The section {section} of the card", refusal))
    return kept, notices


def _usable_metrics(
    metrics: Iterable[FoundMetric],
) -> tuple[list[FoundMetric], dict[str, str]]:
    kept, unusable = [], {}
    for metric in metrics:
        refusal = is_recordable(stated(metric))
        if refusal is None:
            kept.append(metric)
        else:
            unusable[metric.name[:80]] = refusal.sentence
    return kept, unusable


def _left_out(what: str, refusal: Refusal) -> Notice:
    return Notice("left_out", f"{what} is left out: {refusal.sentence}")
