"""Which sources there are, what a reference to each looks like, and who answers for one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from aegis.problems import Invalid
from imports.sources.conversion.references import check_reference as check_conversion
from imports.sources.conversion.references import forget as forget_conversion
from imports.sources.conversion.source import ConversionSource
from imports.sources.huggingface.references import check_reference
from imports.sources.huggingface.source import HuggingFaceSource
from imports.sources.mlflow import references as mlflow
from imports.sources.mlflow.source import MlflowSource
from imports.sources.protocol import Source
from imports.sources.s3 import references as s3
from registry.models import Metric, ModelVersion


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of source.

    ``check`` returns a reference in its normal form or raises ``Invalid``, and asks nobody;
    ``connect`` returns the source that a checked reference is for, as the settings say it, and
    ``place`` its name where there are several. What it states of a model are metrics of
    ``metrics``. One that ``keeps_notes`` is told what became of what was imported; one that
    ``needs_right`` is open to teams that an administrator lets in. ``forget`` throws away what was
    kept on this side for an import that ended.
    """

    check: Callable[[Mapping[str, Any]], dict[str, Any]]
    connect: Callable[[Mapping[str, Any]], Source]
    place: Callable[[Mapping[str, Any]], str]
    metrics: Metric.Source
    keeps_notes: bool = False
    needs_right: bool = True
    forget: Callable[[Mapping[str, Any]], None] = lambda _: None


def hub() -> HuggingFaceSource:
    """Return the hub that the settings name."""
    return HuggingFaceSource(settings.HF_ENDPOINT, settings.HF_TOKEN)


def _tracking(reference: Mapping[str, Any]) -> Source:
    return MlflowSource(mlflow.find_server(reference.get("server")))


def _bucket(reference: Mapping[str, Any]) -> Source:
    # Loading boto3 takes half a second, which who imports from no bucket need not wait.
    from imports.sources.s3.source import BucketSource  # noqa: PLC0415

    return BucketSource(s3.Reference.read(reference).bucket)


KINDS: Final[dict[str, SourceKind]] = {
    ConversionSource.kind: SourceKind(
        check_conversion,
        lambda _: ConversionSource(),
        lambda _: "",
        # It states none: what a version is worth is not what its parent was worth.
        Metric.Source.CLAIM,
        needs_right=False,
        forget=forget_conversion,
    ),
    HuggingFaceSource.kind: SourceKind(
        check_reference, lambda _: hub(), lambda _: "", Metric.Source.CLAIM
    ),
    MlflowSource.kind: SourceKind(
        mlflow.check_reference,
        _tracking,
        lambda reference: mlflow.find_server(reference.get("server")).name,
        Metric.Source.RUN,
        keeps_notes=True,
    ),
    s3.KIND: SourceKind(
        s3.check_reference,
        _bucket,
        lambda reference: s3.Reference.read(reference).bucket.name,
        Metric.Source.CLAIM,
    ),
}


def kind_of(source: str) -> SourceKind:
    """Return the kind of that name, or raise ``Invalid``."""
    if source in KINDS:
        return KINDS[source]
    raise Invalid(
        "import_source_unknown",
        f"There is no source {str(source)[:40]!a} to import from.",
        field="source",
        mend=f"There are {', '.join(KINDS)}.",
    )


def shown_place(source: str, reference: Mapping[str, Any]) -> str:
    """Return what a source and its place are called where a person reads it."""
    try:
        place = kind_of(source).place(reference)
    except Invalid:  # It is configured no more; what was done remains.
        place = str(reference.get("server") or reference.get("bucket") or "")
    label = str(ModelVersion.Source(source).label)
    return f"{label} ({place})" if place else label
