"""The page on imports from buckets: its commands run as they stand, against a real bucket."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from aegis.settings import addresses, import_buckets
from aegis.settings.import_buckets import VARIABLE, ImportBucket
from imports.rights import grant_import_right
from registry.models import ModelVersion
from registry.tasks import publish_revocations
from tests.aegis.sdk.serving import Serving, serving
from tests.docs.pages import DOCS, blocks
from tests.registry import making
from tests.servers.fixtures import s3
from tests.servers.seaweedfs.server import S3Server, secret_of

__all__ = ["s3", "serving"]

PAGE = "how-to/bucket-import.md"


@pytest.fixture
def bucket(s3: S3Server, settings: Settings) -> Iterator[None]:
    """The bucket of the page, with the files that it speaks of."""
    client = s3.client("admin")
    client.create_bucket(Bucket="models")
    files = {"config.json": b"{}", "notes.txt": b"...", "model.safetensors": making.weights(b"12")}
    for path, data in files.items():
        client.put_object(Bucket="models", Key=f"team-a/churn/{path}", Body=data)
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1"})
    key = {"access_key_id": "admin", "secret_access_key": secret_of("admin")}
    place = ImportBucket("team-a", "models", "team-a", s3.endpoint, credential=key)
    settings.AEGIS_IMPORT_BUCKETS = {"team-a": place}
    yield
    for path in files:
        client.delete_object(Bucket="models", Key=f"team-a/churn/{path}")
    client.delete_bucket(Bucket="models")


@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_page_do_what_it_says(
    bucket: None, serving: Serving, tmp_path: Path
) -> None:
    publish_revocations()
    grant_import_right(serving.cast.growth, actor=serving.cast.ada, source="s3", place="team-a")
    program = tmp_path / "bin" / "aegis"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aegis.cli "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(DOCS.parent),
        "AEGIS_URL": serving.url,
        "AEGIS_TOKEN": serving.token(serving.cast.mina),
    }
    found = list(blocks(PAGE))
    assert len(found) == 5
    for block in found:
        output = block.run(tmp_path, environment)
        assert block.is_as_said(output), output
    made = {str(version): version for version in ModelVersion.objects.all()}
    assert set(made) == {"churn v1", "churn-weights v1", "churn-scored v1"}
    assert made["churn v1"].label == "2.1.0"
    assert made["churn v1"].file_count == 2
    assert made["churn-scored v1"].registered_model.framework == "pytorch"
    assert [one.value for one in made["churn-scored v1"].metrics.all()] == [0.94]


def test_the_setting_of_the_page_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    (said,) = re.findall(rf"^{VARIABLE}=(.*)$", (DOCS / PAGE).read_text(), re.MULTILINE)
    monkeypatch.setenv(VARIABLE, said)
    storage = addresses.storage("AEGIS_STORAGE_URL", "file:///srv/aegis")
    found = import_buckets.read(storage)["team-a"]
    assert (found.bucket, found.prefix, found.region) == ("models", "team-a", "eu-central-1")
    assert json.loads(said)["team-a"]["credential"] == found.credential


def test_the_codes_on_the_page_are_those_of_the_code() -> None:
    folder = DOCS.parent / "imports" / "sources" / "s3"
    raised = {
        code for path in folder.glob("*.py") for code in re.findall(r'"(s3_\w+)"', path.read_text())
    } - {"s3_folder_beside", "s3_description_unread"}  # These two stop nothing.
    assert set(re.findall(r"`(s3_\w+)`", (DOCS / PAGE).read_text())) == raised
