"""Converted versions: recording what they come from and how they compare, and what that allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict
from registry.locks import lock_version
from registry.models import Comparison, Derivation, ModelVersion
from registry.permissions import CONTRIBUTE, require
from registry.versions import require_not_failed


@dataclass(frozen=True, slots=True)
class Conversion:
    """Of what, by what and how a version was converted; see ``Derivation`` for its fields."""

    parent: ModelVersion
    parent_digest: str
    converter: str
    converter_version: str
    packages: Mapping[str, str]
    isolation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out of a comparison; see ``Comparison`` for its fields."""

    method: str
    values: int
    outside: int
    tolerance: float = 0.0
    relative_tolerance: float = 0.0
    largest_difference: float | None = None
    input_digest: str = ""
    input_from: str = ""
    packages: Mapping[str, str] | None = None


@verb
def record_derivation(version: ModelVersion, *, actor: User, conversion: Conversion) -> Derivation:
    """Record what a pending version was converted from, for good."""
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    made: Derivation = Derivation.objects.create(
        version=version,
        parent=conversion.parent,
        parent_digest=conversion.parent_digest,
        converter=conversion.converter,
        converter_version=conversion.converter_version,
        packages=dict(conversion.packages),
        isolation=list(conversion.isolation),
        recorded_by=actor,
    )
    record(
        "version:derived",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={
            "number": version.number,
            "from": conversion.parent.number,
            "converter": f"{conversion.converter} {conversion.converter_version}",
        },
    )
    return made


@verb
def record_comparison(
    version: ModelVersion, *, actor: User, manifest_digest: str, compared: Compared
) -> Comparison:
    """Keep what came out when the files of ``manifest_digest`` were compared with the parent's.

    The version's subject changes with it, so that approvals that were given before fall.
    """
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    made: Comparison = Comparison.objects.create(
        version=version,
        manifest_digest=manifest_digest,
        parent_digest=version.derivation.parent_digest,
        method=Comparison.Method(compared.method),
        input_digest=compared.input_digest,
        input_from=compared.input_from,
        values=compared.values,
        outside=compared.outside,
        tolerance=compared.tolerance,
        relative_tolerance=compared.relative_tolerance,
        largest_difference=compared.largest_difference,
        packages=dict(compared.packages or {}),
        requested_by=actor,
    )
    record(
        "version:compared",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={
            "number": version.number,
            "method": str(made.method),
            "values": made.values,
            "outside": made.outside,
        },
    )
    return made


def differing(comparisons: list[Any]) -> list[Any]:
    """Return the comparisons that speak against a version: the last one of an input, if it does.

    ``comparisons`` come with the latest first.
    """
    latest: dict[str, Any] = {}
    for one in comparisons:
        latest.setdefault(one.input_digest, one)
    return [one for one in latest.values() if one.outside > 0]


def why_not_like_its_parent(version: ModelVersion) -> Conflict | None:
    """Refuse a converted version that was not compared, differs, or whose parent is held back."""
    if version.source != ModelVersion.Source.CONVERSION:
        return None
    derivation = Derivation.objects.filter(version=version).select_related("parent").first()
    parent = derivation.parent if derivation else None
    if parent is not None and (parent.recalled_at or parent.quarantined_at):
        how = "was recalled" if parent.recalled_at else "is in quarantine"
        return Conflict(
            "parent_held_back",
            f"Version {version.number} was converted from version {parent.number}, which {how}.",
            mend="Use another version.",
        )
    comparisons = list(Comparison.objects.filter(version=version).order_by("-id"))
    of_these = [one for one in comparisons if one.manifest_digest == version.digest]
    if of_these and not differing(comparisons):
        return None
    found = "differs from" if of_these else "was not compared with"
    return Conflict(
        "conversion_not_compared",
        f"Version {version.number} was converted and {found} what it was converted from.",
        mend="Have it compared with an input, or use another version.",
    )
