"""What a version was converted from and into, and what else it could be: for pages and the API."""

from dataclasses import dataclass

from aegis.problems import Refusal
from imports.converting.known import Known, offered
from imports.converting.originals import files_to_convert, why_not_convert
from registry.models import Comparison, Derivation, ModelVersion


@dataclass(frozen=True, slots=True)
class Conversions:
    """The conversions around a version.

    ``origin`` is there for one that was converted, with its ``comparisons``, the latest first;
    ``derived`` are those that were converted from it. ``offers`` are the converters that read its
    files, among them such as are not installed; ``refusal`` is why none may be asked for.
    """

    origin: Derivation | None
    comparisons: tuple[Comparison, ...]
    derived: tuple[Derivation, ...]
    offers: tuple[Known, ...]
    refusal: Refusal | None

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to tell."""
        return not (self.origin or self.derived or self.offers)


def conversions_of(version: ModelVersion) -> Conversions:
    """Return the conversions around ``version``."""
    origin = Derivation.objects.filter(version=version).select_related("parent").first()
    compared = Comparison.objects.filter(version=version) if origin else Comparison.objects.none()
    derived = Derivation.objects.filter(parent=version).select_related("version")
    refusal = why_not_convert(version)
    return Conversions(
        origin=origin,
        comparisons=tuple(compared.order_by("-id").select_related("requested_by")),
        derived=tuple(
            derived.order_by("-version__number").prefetch_related("version__comparisons")
        ),
        offers=() if origin else tuple(offered(files_to_convert(version))),
        refusal=refusal,
    )
