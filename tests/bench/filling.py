"""Fill a stack with models for measuring: ``python -m tests.bench.filling MODELS``.

The rows are made in bulk and are the ones that the verbs leave, so that the triggers of the
database accept them. It runs in a process of its own, with the settings of the stack.
"""

import sys
from hashlib import sha256

import django
import rfc8785

VERSIONS = 3
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def name_of(index: int) -> str:
    """Return the name of a model."""
    return f"bench-model-{index:05d}"


def fill(count: int) -> None:
    """Make ``count`` models with three ready versions, tags and an alias each."""
    from aegis.accounts.models import Team, User
    from registry.models import (
        Alias,
        Artifact,
        ModelVersion,
        RegisteredModel,
        ScanReport,
        Signature,
        SigningKeyVersion,
    )
    from registry.signing_keys import list_first_key
    from registry.watching_keys import note_all

    team, user = Team.objects.all()[0], User.objects.all()[0]
    list_first_key()
    note_all()
    listed = SigningKeyVersion.objects.select_related("key").earliest("first_seen_at")
    models = [
        RegisteredModel(
            name=name_of(index),
            name_key=name_of(index),
            team=team,
            created_by=user,
            description="A model to be read.",
            task="classification",
            tags={"framework": "scikit-learn", "domain": f"domain-{index % 20}"},
        )
        for index in range(count)
    ]
    RegisteredModel.objects.bulk_create(models, batch_size=1000)
    for number in range(1, VERSIONS + 1):
        versions = [
            ModelVersion(
                registered_model=model,
                number=number,
                label=f"1.0.{number}",
                source=ModelVersion.Source.UPLOAD,
                created_by=user,
            )
            for model in models
        ]
        ModelVersion.objects.bulk_create(versions, batch_size=1000)
        manifests = [_manifest(version) for version in versions]
        digests = [sha256(manifest.encode()).hexdigest() for manifest in manifests]
        Artifact.objects.bulk_create(
            [
                Artifact(
                    version=version,
                    key=f"models/{version.registered_model.name}/{number}/package.tar.gz",
                    layout=Artifact.Layout.TAR_1,
                    sha256=SHA256,
                    size=1_000_000,
                    manifest=manifest,
                    manifest_digest=digest,
                )
                for version, manifest, digest in zip(versions, manifests, digests, strict=True)
            ],
            batch_size=1000,
        )
        Signature.objects.bulk_create(
            [
                Signature(
                    version=version,
                    manifest_digest=digest,
                    key_name=listed.key.name,
                    key_version=listed.version,
                    key_hint=listed.hint,
                    algorithm=listed.algorithm,
                    public_key=listed.public_key,
                    bundle="{}",
                    is_development=True,
                )
                for version, digest in zip(versions, digests, strict=True)
            ],
            batch_size=1000,
        )
        findings = [_findings(version) for version in versions]
        ScanReport.objects.bulk_create(
            [
                ScanReport(
                    version=version,
                    manifest_digest=digest,
                    ruleset="bench",
                    verdict="data",
                    findings=found,
                    findings_digest=sha256(found.encode()).hexdigest(),
                    file_count=1,
                    global_count=0,
                )
                for version, digest, found in zip(versions, digests, findings, strict=True)
            ],
            batch_size=1000,
        )
        for version, digest in zip(versions, digests, strict=True):
            version.digest, version.state, version.size, version.file_count = digest, "ready", 1, 1
        ModelVersion.objects.bulk_update(
            versions, ["digest", "state", "size", "file_count"], batch_size=500
        )
        if number == VERSIONS - 1:
            Alias.objects.bulk_create(
                Alias(
                    registered_model=version.registered_model,
                    name="dev-bench",
                    version=version,
                    set_by=user,
                )
                for version in versions
            )


def _manifest(version: object) -> str:
    entry = {"path": f"{version}/model.bin", "sha256": SHA256, "size": 1}
    return rfc8785.dumps({"files": [entry]}).decode()


def _findings(version: object) -> str:
    found = {
        "path": f"{version}/model.bin",
        "sha256": SHA256,
        "size": 1,
        "format": "json",
        "verdict": "data",
        "findings": [],
        "globals": [],
        "members": 0,
    }
    return rfc8785.dumps([found]).decode()


if __name__ == "__main__":
    django.setup()
    fill(int(sys.argv[1]))
