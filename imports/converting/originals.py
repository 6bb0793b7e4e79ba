"""Which versions may be converted, what is known of their files, and what stays true of them."""

import platform
from collections.abc import Mapping
from typing import Any, Final

from aegis.converters.protocol import ModelFile
from aegis.problems import Conflict, Refusal
from imports.converting.known import Known
from registry.models import ModelVersion, ScanVerdict, VersionFact
from registry.readers import require_readable
from registry.scan_findings import files_of
from registry.scans import latest_report

_SAFE: Final = frozenset({ScanVerdict.DATA, ScanVerdict.KNOWN})
_STILL_TRUE: Final = (
    "dataset",
    "code_version",
    "licence",
    "architecture",
    "task",
    "trained_by",
    "parameter_count",
    "params",
    "base_model",
)
"""The facts of training: what was learnt from what does not change with the format."""
_FRAMEWORKS: Final = {"onnx": "onnx"}


def why_not_convert(version: ModelVersion) -> Refusal | None:
    """Refuse to convert what is not ready, is held back, was redacted, or may run code."""
    try:
        require_readable(version)
    except Refusal as refusal:
        return refusal
    number = version.number
    if version.source == ModelVersion.Source.CONVERSION:
        return Conflict(
            "conversion_of_a_conversion",
            f"Version {number} was itself converted from another one.",
            mend="Convert that one, so that both are compared with the original.",
        )
    if version.files.exclude(redaction=None).exists():
        return Conflict(
            "version_redacted",
            f"A file of version {number} was redacted, so it is not converted.",
            mend="Convert another version.",
        )
    report = latest_report(version)
    if report is None or report.verdict not in _SAFE:
        return Conflict(
            "scan_not_clean",
            f"The scan of version {number} does not say that loading it is safe, and a waiver is "
            "not enough to have Aegis load it.",
            mend="Add a version whose files the scan lets through.",
            url=f"/models/{version.registered_model.name}/versions/{number}/scan/",
        )
    return None


def files_to_convert(version: ModelVersion) -> tuple[ModelFile, ...]:
    """Return the files of a version as converters know them; none where it was not scanned."""
    report = latest_report(version)
    found = files_of(report) if report is not None else []
    return tuple(
        ModelFile(file.path, file.size, file.format, file.globals)
        for file in sorted(found, key=lambda file: file.path)
    )


def facts_of(version: ModelVersion, by: Known, packages: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of what is converted from ``version``.

    Those of training are the parent's; the environment is the one that it was converted in.
    """
    latest = VersionFact.objects.filter(version=version).order_by("name", "-id").distinct("name")
    present = {fact.name: fact.value for fact in latest}
    facts = {name: present[name] for name in _STILL_TRUE if name in present}
    framework = _FRAMEWORKS.get(by.converter.writes) or present.get("framework")
    if framework:
        facts["framework"] = framework
    return {
        **facts,
        "environment": dict(packages),
        "python": platform.python_version(),
        "source_uri": f"models:/{version.registered_model.name}/{version.number}",
        "source_revision": f"sha256:{version.digest}",
    }
