"""What a version was converted from and into, as its page shows it."""

from dataclasses import dataclass

from aegis.converters.protocol import ModelFile
from aegis.pages.version_query import Derived
from approvals.records import ComparisonRecord, VersionRecord
from imports.converting.known import Known, offered
from registry.comparisons import differing
from registry.models import ModelVersion

_SAFE = frozenset({"data", "known"})


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One comparison in words."""

    record: ComparisonRecord

    @property
    def is_within(self) -> bool:
        """Say whether nothing was outside of the tolerance."""
        return self.record.outside == 0

    @property
    def words(self) -> str:
        """Say what came out."""
        one = self.record
        of = "tensors, byte by byte" if one.method == "tensors" else "values"
        if one.outside:
            found = f"{one.outside:,} of {one.values:,} {of} differ"
        else:
            found = f"{one.values:,} {of}, all the same"
            found += " within the tolerance" if one.tolerance else ""
        if one.largest_difference:
            found += f"; the largest difference is {one.largest_difference:.3g}"
        return found

    @property
    def of(self) -> str:
        """Say with what both were tried."""
        if self.record.method == "tensors":
            return ""
        return self.record.input_from or "a given input"


@dataclass(frozen=True, slots=True)
class ConversionView:
    """The conversions around a version; ``offers`` are those that this person may ask for."""

    record: VersionRecord
    derived: tuple[Derived, ...]
    offers: tuple[Known, ...]

    @property
    def comparisons(self) -> list[ComparisonLine]:
        """Return the comparisons, the latest first."""
        return [ComparisonLine(one) for one in self.record.comparisons]

    @property
    def is_compared(self) -> bool:
        """Say whether the last comparison with each input found no difference."""
        return bool(self.record.comparisons) and not differing(list(self.record.comparisons))

    @property
    def parent_is(self) -> str:
        """Say how the version that it was converted from is held back, if it is."""
        origin = self.record.derivation
        if origin is None:
            return ""
        if origin.parent_recalled_at:
            return "was recalled"
        return "is in quarantine" if origin.parent_quarantined_at else ""


def conversion_view(
    version: ModelVersion, record: VersionRecord, derived: tuple[Derived, ...], *, may_ask: bool
) -> ConversionView | None:
    """Return the conversions around ``version``, or None where there is nothing to tell."""
    offers = tuple(_offers(version, record)) if may_ask else ()
    if not (record.is_converted or derived or offers):
        return None
    return ConversionView(record, derived, offers)


def _offers(version: ModelVersion, record: VersionRecord) -> list[Known]:
    """Return what it could be converted to; the verb looks once more."""
    is_free = version.is_given_out and not record.is_converted and not record.redactions
    if not is_free or record.scan is None or record.scan.verdict not in _SAFE:
        return []
    files = [
        ModelFile(file.path, file.size, file.format, file.globals) for file in record.scan.files
    ]
    return [one for one in offered(files) if not one.missing]
