"""Whether a version was converted in the same way before, so that it need not be once more."""

from imports.converting.known import Known, versions_of
from registry.comparisons import differing
from registry.models import Comparison, Derivation, ModelVersion, VersionState


def sibling_of(parent: ModelVersion, by: Known) -> ModelVersion | None:
    """Return the newest version that ``by`` made of ``parent`` with the packages of now.

    None that is held back, or that a comparison speaks against.
    """
    made = Derivation.objects.filter(
        parent=parent,
        parent_digest=parent.digest,
        converter=by.converter.name,
        converter_version=by.converter.version,
        packages=versions_of(by.converter.requires),
        version__state=VersionState.READY,
        version__recalled_at=None,
        version__quarantined_at=None,
    )
    for derivation in made.select_related("version__artifact").order_by("-version__number"):
        version: ModelVersion = derivation.version
        compared = list(Comparison.objects.filter(version=version).order_by("-id"))
        if not differing(compared) and not version.files.exclude(redaction=None).exists():
            return version
    return None
