"""Two versions of a model beside each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from aegis.pages.changes import Changes, changes
from approvals.comparison import compare
from approvals.gates.facts import load_meanings
from approvals.governing import policies_for
from approvals.record_query import load_records
from approvals.records import VersionRecord
from approvals.review_parts import limits_in
from registry.addresses import version_path
from registry.lookup import resolve_version
from registry.models import ModelVersion, RegisteredModel, Stage, VersionState

MOST = 200
"""How many versions may be chosen from, the newest first."""


@dataclass(frozen=True, slots=True)
class ComparePage:
    """``version`` held against ``baseline``; both None where there are not two to compare."""

    model: RegisteredModel
    choices: Sequence[ModelVersion]
    baseline: VersionRecord | None
    version: VersionRecord | None
    changes: Changes | None

    @property
    def version_path(self) -> str:
        """Return the address of the version that is held against the other."""
        number = self.version.number if self.version else 0
        return version_path(ModelVersion(registered_model=self.model, number=number))

    @property
    def swap_url(self) -> str:
        """Return the address that compares them the other way round."""
        if self.baseline is None or self.version is None:
            return ""
        return f"?a={self.version.number}&b={self.baseline.number}"


def load_compare_page(model: RegisteredModel, a: str, b: str) -> ComparePage:
    """Compare versions ``a`` and ``b`` by their refs; without them the newest with what is in use.

    Raises ``NotFound`` for a ref that names none.
    """
    ready = ModelVersion.objects.filter(registered_model=model, state=VersionState.READY)
    choices = list(ready.order_by("-number")[:MOST])
    newer = resolve_version(model, b).version if b else next(iter(choices), None)
    older = resolve_version(model, a).version if a else _usual(choices, newer)
    if newer is None or older is None:
        return ComparePage(model, choices, None, None, None)
    records = load_records(Q(pk__in=[newer.pk, older.pk]))
    version, baseline = records[newer.pk], records[older.pk]
    limits = limits_in(policies_for(model, Stage.PRODUCTION))
    found = compare(version, baseline, load_meanings(), limits)
    return ComparePage(model, choices, baseline, version, changes(found, baseline=baseline.name))


def _usual(choices: Sequence[ModelVersion], newer: ModelVersion | None) -> ModelVersion | None:
    """Return the version in Production, or the one before ``newer``."""
    others = [choice for choice in choices if newer is None or choice.pk != newer.pk]
    in_use = [choice for choice in others if choice.stage == Stage.PRODUCTION]
    return next(iter(in_use or others), None)
