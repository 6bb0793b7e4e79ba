import pickle
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from imports.asking import ask_import
from imports.models import Import
from imports.running import run
from registry.models import CardDraft, Metric, RegisteredModel, VersionFact
from tests.cast import Cast
from tests.registry import making
from tests.servers.hub import Hub, HubFile, busy, cut, real_repository, refuse

README = b"""---
license: apache-2.0
datasets: [acme/calls]
model-index:
- name: tiny
  results:
  - dataset: {name: Calls, type: calls}
    metrics: [{type: accuracy, value: 0.9}, {type: f1, value: .nan}]
---
A tiny model that says which customers will call.
"""


def done(job: Import) -> Import:
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk)
    job.refresh_from_db()
    return job


def imported(
    cast: Cast, repo: str = "acme/tiny", *, model: str = "tiny", **reference: Any
) -> Import:
    job = ask_import(
        actor=cast.mina,
        source="huggingface",
        reference={"repo": repo, **reference},
        model_name=model,
        team=cast.growth,
    )
    return done(job)


def test_a_repository_becomes_a_version_with_all_that_it_says(
    cast: Cast, hub: Hub, importing: None
) -> None:
    repository = hub.repository(
        "acme/tiny", {**making.FILES, "README.md": README, ".gitattributes": b"*.bin lfs"}
    )

    job = imported(cast)

    assert (job.state, job.error) == ("done", "")
    version = job.made
    assert version.is_ready
    facts = dict(VersionFact.objects.filter(version=version).values_list("name", "value"))
    assert facts == {
        "licence": "Apache-2.0",
        "dataset": {"name": "acme/calls"},
        "source_uri": f"{hub.endpoint}/acme/tiny",
        "source_revision": repository.references["main"],
    }
    (metric,) = Metric.objects.filter(version=version)
    assert (metric.name, metric.value, metric.dataset, metric.source) == (
        "accuracy",
        0.9,
        "Calls",
        "claim",
    )
    assert CardDraft.objects.get(version=version).sections["overview"].startswith("A tiny model")
    found = version.provenance
    assert found.is_complete  # Git's own settings are no part of the model.
    assert found.document["left_out_metrics"] == {"f1 / Calls": "its value is not finite"}
    assert [entry["rule"] for entry in found.document["left_out"]] == ["git settings"]
    assert dict(version.files.values_list("path", "sha256")) == {
        path: file.sha256 for path, file in repository.newest().items() if path != ".gitattributes"
    }


def test_a_real_repository_becomes_a_version(cast: Cast, hub: Hub, importing: None) -> None:
    hub.repository("sentence-transformers/all-MiniLM-L6-v2").commit_folder(real_repository())

    job = imported(cast, "sentence-transformers/all-MiniLM-L6-v2")

    assert (job.state, job.error) == ("done", "")
    assert job.made.quarantined_at is None
    assert job.made.registered_model.task == "sentence-similarity"
    assert job.made.files.count() == 12


def test_the_same_commit_again_gives_the_version_that_is_there(
    cast: Cast, hub: Hub, importing: None
) -> None:
    repository = hub.repository("acme/tiny", dict(making.FILES))
    first = imported(cast).made
    again = imported(cast, revision=repository.references["main"])
    assert (again.state, again.same_as) == ("done", first)
    repository.commit({**making.FILES, "config.json": b'{"layers": 3}'})
    assert imported(cast).made.number == 2


def test_a_download_that_breaks_off_goes_on_where_it_was(
    cast: Cast, hub: Hub, importing: None
) -> None:
    weights = making.weights(bytes(40 * 1024**2))
    hub.repository("acme/tiny", {"model.safetensors": weights})
    hub.fail("Signature=", cut(33 * 1024**2), busy("1"))

    job = imported(cast)
    assert (job.state, job.error_code) == ("waiting", "hub_unreachable")
    job = done(job)
    assert (job.state, job.error_code) == ("waiting", "hub_busy")
    job = done(job)

    assert (job.state, job.error) == ("done", "")
    assert hub.asked_elsewhere() == ["", f"bytes={32 * 1024**2}-", f"bytes={32 * 1024**2}-"]


def test_bytes_that_are_not_those_of_the_digest_fail_the_import(
    cast: Cast, hub: Hub, importing: None
) -> None:
    repository = hub.repository("acme/tiny", {"model.safetensors": making.weights(bytes(8))})
    repository.newest()["model.safetensors"].announced_sha256 = "0" * 64
    job = imported(cast)
    assert (job.state, job.error_code) == ("failed", "upstream_digest_mismatch")
    assert job.error.startswith("model.safetensors arrived with other bytes than the source")
    assert len(job.error) < 160
    received = repository.newest()["model.safetensors"].sha256
    assert job.error_details == {
        "path": "model.safetensors",
        "announced": "0" * 64,
        "received": received,
    }


def test_other_bytes_under_the_same_commit_are_refused(
    cast: Cast, hub: Hub, importing: None
) -> None:
    repository = hub.repository("acme/tiny", {"model.safetensors": making.weights(bytes(8))})
    imported(cast)
    other = HubFile(making.weights(bytes(16)), is_large=True)
    repository.newest()["model.safetensors"] = other
    job = imported(cast)
    assert (job.state, job.error_code, job.version) == ("failed", "source_rewritten", None)


def test_pickles_that_run_code_put_the_version_into_quarantine(
    cast: Cast, hub: Hub, importing: None
) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            import os

            return os.system, ("true",)

    hub.repository("acme/tiny", {"model.pkl": pickle.dumps(Evil())})
    job = imported(cast)
    assert job.state == "done"
    assert job.made.quarantined_at is not None
    assert [notice["code"] for notice in job.made.provenance.document["notices"]] == [
        "hub_card_unread",
        "hub_pickles",
    ]


@pytest.mark.parametrize(
    ("repo", "code"),
    [
        ("acme/none", "hub_repo_not_found"),
        ("acme/gated", "hub_gated"),
        ("acme/empty", "hub_repo_empty"),
    ],
)
def test_what_cannot_be_had_leaves_nothing_behind(
    cast: Cast, hub: Hub, importing: None, data_folder: Path, repo: str, code: str
) -> None:
    hub.repository("acme/gated", dict(making.FILES)).is_gated = True
    hub.repository("acme/empty", {})
    job = imported(cast, repo)
    assert (job.state, job.error_code, job.version) == ("failed", code, None)
    assert not RegisteredModel.objects.filter(name="tiny").exists()
    assert making.stored(data_folder / "uploads") == []


def test_a_file_that_is_gone_under_way_fails_the_import(
    cast: Cast, hub: Hub, importing: None
) -> None:
    hub.repository("acme/tiny", {"a.txt": b"1", "b.txt": b"2"})
    hub.fail("b.txt", refuse(404, "EntryNotFound", "Entry not found"))
    job = imported(cast)
    assert (job.state, job.error_code) == ("failed", "source_changed")
