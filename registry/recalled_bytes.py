"""Bytes that a model recalled: they stay recalled under whatever number they come again."""

from aegis.problems import Conflict
from registry.models import ModelVersion, Recall


def why_recalled(version: ModelVersion) -> Conflict | None:
    """Return the refusal of a version that its model recalled, or recalled the same files of.

    The published list of revocations names the manifest, so every verifier refuses both.
    """
    recalls = Recall.objects.filter(
        version__registered_model=version.registered_model_id, version__digest=version.digest
    )
    found = recalls.select_related("version").order_by("-recalled_at").first()
    if found is None:
        return None
    if found.version_id == version.pk:
        said = f"Version {version.number} was recalled and is not given out: {found.reason}"
    else:
        said = (
            f"Version {version.number} has the files of version {found.version.number}, which was "
            f"recalled, so it is not given out either: {found.reason}"
        )
    return Conflict("version_recalled", said, mend="Use another version.")
