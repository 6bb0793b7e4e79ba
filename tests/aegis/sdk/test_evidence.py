"""Evidence and compliance tags through the SDK, at a real registry."""

import json
from pathlib import Path

import pytest

from aegis.sdk import Conflict, Forbidden, ModelRegistry, NotFound
from registry.models import ComplianceTag, Evidence
from registry.registration import register_model
from tests.aegis.sdk.serving import Serving
from tests.registry import making

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(serving: Serving, tmp_path: Path) -> Path:
    """A report, for a model that mina has registered."""
    serving.new_version(
        register_model(actor=serving.cast.mina, name="churn", team=serving.cast.growth)
    )
    place = tmp_path / "report.json"
    place.write_text(json.dumps(making.report()))
    return place


def test_evidence_is_attached_read_and_carries_its_tag(serving: Serving, file: Path) -> None:
    with ModelRegistry(serving.url, serving.token(serving.cast.mina)) as registry:
        with pytest.raises(Conflict) as refused:
            registry.claim_tag("churn", 1, "evaluated")
        assert refused.value.code == "tag_needs_evidence"
        kind = "evaluation_report"
        made = registry.attach_evidence("churn", 1, kind=kind, title="Holdout", file=file)
        assert (made["outcome"], made["attached_by"]) == ("pass", "mina")
        assert registry.evidence_of("churn", 1, made["id"]) == made
        registry.claim_tag("churn", 1, "evaluated", evidence=made["id"])
    assert str(ComplianceTag.objects.get().evidence_id) == made["id"]


def test_a_file_that_is_not_there_and_a_person_who_may_not_are_refused(
    serving: Serving, file: Path
) -> None:
    said = {"kind": "other", "title": "Letter"}
    with ModelRegistry(serving.url, serving.token(serving.cast.vera)) as registry:
        with pytest.raises(NotFound) as missing:
            registry.attach_evidence("churn", 1, file=file.with_name("none"), **said)
        assert missing.value.code == "file_not_found"
        with pytest.raises(Forbidden):
            registry.attach_evidence("churn", 1, file=file, **said)
        with pytest.raises(NotFound):
            registry.evidence_of("churn", 1, "none")
    assert not Evidence.objects.exists()
