"""What tests of the registry begin with: models, uploads, versions, reports."""

import hashlib
import io
import json
from pathlib import Path
from shutil import copytree
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings

from aegis.accounts.models import User
from aegis.settings.addresses import Storage
from imports.models import Import
from imports.running import run
from imports.uploading import import_upload
from registry.models import Evidence, ModelVersion, RegisteredModel, Upload
from registry.recording_facts import record_fact, record_metric
from registry.registration import edit_model, register_model
from registry.sharing import share
from registry.uploads import open_upload, receive_whole
from tests.cast import Cast
from tests.registry import scanning

__all__ = ["edit_model", "record_fact", "record_metric", "register_model", "share"]


def weights(data: bytes) -> bytes:
    """Return ``data`` as the one tensor of a safetensors file, which scans find to be data."""
    tensor = {"w": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}}
    header = json.dumps(tensor).encode()
    return len(header).to_bytes(8, "little") + header + data


FILES = {
    "config.json": b'{"layers": 2}',
    "model/weights.bin": weights(bytes(range(256)) * 400),
}


def keep_files_in(folder: Path, settings: Settings) -> None:
    """Let uploads, artifacts, evidence and the development key lie in ``folder``."""
    root = folder / "artifacts"
    # The key stays the one that the list knows; another one under its name signs nothing.
    if (keys := settings.AEGIS_DATA / "keys").exists():
        copytree(keys, folder / "keys", dirs_exist_ok=True)
    settings.AEGIS_DATA = folder
    settings.AEGIS_STORAGE = Storage(scheme="file", root=root)
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": root, "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "default": default}


def new_model(cast: Cast, name: str = "churn-predictor", **further: Any) -> RegisteredModel:
    """Register a model that marc maintains and the risk team reviews."""
    model = register_model(actor=cast.marc, name=name, team=cast.growth, **further)
    return share(model, actor=cast.marc, role="reviewer", group=cast.risk_team.group)


def send(upload: Upload, actor: User, files: dict[str, bytes] = FILES) -> None:
    """Send whole files, promising what they are."""
    for path, data in files.items():
        receive_whole(
            upload,
            path,
            actor=actor,
            stream=io.BytesIO(data),
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )


def new_import(
    model: RegisteredModel, actor: User, files: dict[str, bytes] = FILES, **further: Any
) -> Import:
    """Upload files and ask for the version, which is left pending."""
    upload = open_upload(actor=actor)
    send(upload, actor, files)
    return import_upload(model, upload, actor=actor, **further)


def new_version(
    model: RegisteredModel, actor: User, files: dict[str, bytes] = FILES, **further: Any
) -> ModelVersion:
    """Upload files, import them as a worker does, and return the ready version."""
    job = new_import(model, actor, files, **further)
    run(job.pk, scanner=scanning.here)
    version = ModelVersion.objects.select_related("registered_model").get(pk=job.version_id)
    assert version.is_ready, version.failure
    return version


def report(*metrics: dict[str, Any], **further: Any) -> dict[str, Any]:
    """Return an evaluation report with the metrics, or with an accuracy and an F1."""
    return {
        "format": "aegis.evaluation-report/1",
        "dataset": {"name": "holdout", "version": "2026-10", "rows": 1200},
        "metrics": list(metrics)
        or [
            {
                "name": "accuracy",
                "value": 0.94,
                "sample_size": 1200,
                "interval": {"low": 0.92, "high": 0.96},
            },
            {"name": "f1", "value": 0.89, "slice": "age>=65"},
        ],
        "produced_by": "evaluation job 17",
        "produced_at": "2026-11-20T09:14:00Z",
        **further,
    }


def file(content: bytes | dict[str, Any], name: str = "report.json") -> SimpleUploadedFile:
    """Return a file as a form hands it on."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return SimpleUploadedFile(name, data)


def attach(version: ModelVersion, actor: User, **further: Any) -> Evidence:
    """Attach an evaluation report, or what ``further`` says."""
    from registry.evidence import attach_evidence

    said: dict[str, Any] = {
        "kind": "evaluation_report",
        "title": "Evaluation on the holdout",
        "file": file(report()),
    }
    return attach_evidence(version, actor=actor, **{**said, **further})


def stored(folder: Path) -> list[str]:
    """Return the paths of all files below ``folder``."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
