"""Recording what a converted version comes from and how it compares, with the version itself."""

from aegis.accounts.models import User
from imports.sources.protocol import Plan
from registry.comparisons import Compared, Conversion, record_comparison, record_derivation
from registry.models import Derivation, ModelVersion


def record_conversion(
    version: ModelVersion, plan: Plan, *, actor: User, manifest_digest: str
) -> None:
    """Record what the new ``version`` was converted from, and what its comparison found."""
    if plan.conversion is None:
        return
    said = plan.conversion
    conversion = Conversion(
        parent=ModelVersion.objects.get(pk=said["parent"]),
        parent_digest=said["parent_digest"],
        converter=said["converter"],
        converter_version=said["converter_version"],
        packages=said["packages"],
        isolation=tuple(said["isolation"]),
    )
    record_derivation(version, actor=actor, conversion=conversion)
    _record(version, plan, actor, manifest_digest)


def record_another_comparison(version: ModelVersion, plan: Plan, *, actor: User) -> None:
    """Record the comparison of a version that was there, where it was converted from the same."""
    if plan.conversion is None:
        return
    of_the_same = Derivation.objects.filter(
        version=version, parent_digest=plan.conversion["parent_digest"]
    )
    if of_the_same.exists():
        _record(version, plan, actor, version.digest)


def _record(version: ModelVersion, plan: Plan, actor: User, manifest_digest: str) -> None:
    compared = (plan.conversion or {}).get("compared")
    if compared is not None:
        record_comparison(
            version, actor=actor, manifest_digest=manifest_digest, compared=Compared(**compared)
        )
