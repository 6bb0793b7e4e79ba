import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Invalid
from imports.sources.huggingface.source import HuggingFaceSource
from imports.sources.protocol import LeftOutFile, Plan
from registry.cards import check_sections
from registry.facts import check_facts
from tests.servers.hub import Hub, real_repository

REAL = "sentence-transformers/all-MiniLM-L6-v2"
README = b"---\nlicense: mit\n---\nText."


def codes(plan: Plan, *, refuses: bool | None = None) -> list[str]:
    return [notice.code for notice in plan.notices if refuses is None or notice.refuses is refuses]


def test_a_real_repository_is_planned_and_fetched(hub: Hub, source: HuggingFaceSource) -> None:
    repository = hub.repository(REAL)
    repository.about = {"safetensors": {"total": 22_713_728}}
    commit = repository.commit_folder(real_repository())
    plan = source.plan({"repo": REAL})
    assert plan.identity == f"huggingface:{hub.endpoint}/{REAL}@{commit}"
    assert plan.shown == f"{REAL}@{commit[:12]}"
    assert plan.url == f"{hub.endpoint}/{REAL}/tree/{commit}"
    assert plan.pinned == {
        "endpoint": hub.endpoint,
        "repo": REAL,
        "revision": "main",
        "commit": commit,
    }
    assert [left.path for left in plan.left_out] == [".gitattributes"]
    assert plan.is_complete
    weights = next(file for file in plan.files if file.path == "model.safetensors")
    assert (weights.size, len(weights.sha256)) == (90_868_376, 64)
    assert plan.facts == check_facts(dict(plan.facts))
    assert plan.facts["licence"] == "Apache-2.0"
    assert plan.facts["architecture"] == "BertModel"
    assert plan.facts["framework"] == "sentence-transformers"
    assert plan.facts["parameter_count"] == 22_713_728
    assert plan.facts["dataset"]["name"].startswith("s2orc, flax-sentence-embeddings/")
    assert plan.about_model["task"] == "sentence-similarity"
    assert plan.about_model["tags"]["language"] == "en"
    assert plan.about_model["description"].startswith("This is a [sentence-transformers]")
    assert check_sections(plan.card)["overview"].startswith("# all-MiniLM-L6-v2")
    assert codes(plan) == []
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    for file in plan.files:
        with source.open(plan, file, offset=0) as stream:
            size = sum(len(data) for data in iter(lambda: stream.read(1024**2), b""))
        assert size == file.size


@pytest.mark.parametrize("revision", ["main", "v1", "refs/pr/1"])
def test_branch_and_tag_are_pinned_to_the_commit_of_that_moment(
    hub: Hub, source: HuggingFaceSource, revision: str
) -> None:
    repository = hub.repository("acme/churn", {"a.txt": b"one"})
    commit = repository.commit({"a.txt": b"two"}, reference=revision)
    plan = source.plan({"repo": "acme/churn", "revision": revision})
    repository.commit({"a.txt": b"three"}, reference=revision)
    assert plan.pinned["commit"] == commit
    with source.open(plan, plan.files[0], offset=0) as stream:
        assert stream.read() == b"two"


def test_what_stays_behind_is_recorded_with_rule_and_digest(
    hub: Hub, source: HuggingFaceSource
) -> None:
    repository = hub.repository(
        "acme/churn", {"model.safetensors": b"s", "pytorch_model.bin": b"p"}
    )
    plan = source.plan({"repo": "acme/churn"})
    sha256 = repository.newest()["pytorch_model.bin"].sha256
    rule = "same weights as safetensors"
    assert plan.left_out == (LeftOutFile("pytorch_model.bin", rule, 1, sha256),)
    assert not plan.is_complete
    assert source.plan({"repo": "acme/churn", "include": ["*"]}).is_complete


def test_a_copy_without_the_settings_of_git_is_complete(
    hub: Hub, source: HuggingFaceSource
) -> None:
    hub.repository("acme/churn", {"model.safetensors": b"s", "onnx/.gitattributes": b"a"})
    for patterns in ({}, {"include": ["*.safetensors"]}, {"exclude": [".git*", "*/.git*"]}):
        plan = source.plan({"repo": "acme/churn", **patterns})
        assert [file.of_model for file in plan.left_out] == [False], patterns
        assert plan.is_complete
    hub.repository("acme/churn", {"model.safetensors": b"s", "README.md": b"r"})
    assert not source.plan({"repo": "acme/churn", "exclude": ["README.md"]}).is_complete


def test_a_repository_without_files_is_refused(hub: Hub, source: HuggingFaceSource) -> None:
    hub.repository("acme/churn", {})
    with pytest.raises(Invalid) as caught:
        source.plan({"repo": "acme/churn"})
    assert caught.value.code == "hub_repo_empty"


def test_what_other_patterns_would_mend_is_a_notice_that_refuses(
    hub: Hub, source: HuggingFaceSource, settings: Settings
) -> None:
    hub.repository("acme/churn", {"a.txt": b"12345", "b.txt": b"1", "c/d.txt": b"123"})

    def refused(**patterns: Any) -> list[str]:
        return codes(source.plan({"repo": "acme/churn"} | patterns), refuses=True)

    assert refused() == []
    assert refused(include=["*.bin"]) == ["hub_nothing_left"]
    settings.AEGIS_UPLOAD_FILE_BYTES = 4
    settings.AEGIS_UPLOAD_BYTES = 8
    settings.AEGIS_UPLOAD_FILES = 2
    assert refused() == ["file_too_large", "too_many_files", "upload_too_large"]
    assert refused(exclude=["a.txt"]) == []
    large = source.plan({"repo": "acme/churn"}).notices[0]
    assert "a.txt has more than 4 bytes" in large.sentence


def test_code_and_pickles_are_pointed_out(hub: Hub, source: HuggingFaceSource) -> None:
    files: dict[str, bytes | Path] = {
        "config.json": b'{"auto_map": {"AutoModel": "modeling.M"}}',
        "pytorch_model.bin": b"p",
        "README.md": README,
    }
    hub.repository("acme/churn", files)
    plan = source.plan({"repo": "acme/churn"})
    assert codes(plan, refuses=False) == ["hub_remote_code", "hub_pickles"]
    assert "config.json, by its auto_map, brings code" in plan.notices[0].sentence
    hub.repository("acme/churn", files | {f"m{n}.py": b"1" for n in range(5)})
    sentence = source.plan({"repo": "acme/churn"}).notices[0].sentence
    assert sentence.startswith("m0.py, m1.py, m2.py and 2 more files bring code")
    assert codes(source.plan({"repo": "acme/churn", "include": ["README.md"]})) == []


def test_a_card_that_cannot_be_read_is_told_and_stops_nothing(
    hub: Hub, source: HuggingFaceSource
) -> None:
    for readme, reason in (
        (b"---\na: [b\n---\n", "broken in line"),
        (b"x" * (2 * 1024**2 + 1), "too large"),
        (None, "there is none"),
    ):
        hub.repository("acme/churn", {"a.txt": b"1"} | ({"README.md": readme} if readme else {}))
        plan = source.plan({"repo": "acme/churn"})
        assert codes(plan) == ["hub_card_unread"]
        assert reason in plan.notices[0].sentence
        assert "licence" not in plan.facts


def test_a_card_that_is_larger_than_announced_is_not_read(
    hub: Hub, source: HuggingFaceSource
) -> None:
    repository = hub.repository(
        "acme/churn", {"config.json": b"1" * (1024**2 + 1), "README.md": README}
    )
    repository.newest()["config.json"].announced_size = None
    assert source.plan({"repo": "acme/churn"}).facts["licence"] == "MIT"
    assert not any(asked.path.endswith("config.json") for asked in hub.server.asked)


def test_a_repository_that_was_renamed_is_known_by_its_new_name(
    hub: Hub, source: HuggingFaceSource
) -> None:
    hub.repository("acme/churn", {"a.txt": b"1", "README.md": README})
    hub.moved["old/churn"] = "acme/churn"
    plan = source.plan({"repo": "old/churn"})
    assert plan.pinned["repo"] == "acme/churn"
    assert codes(plan) == ["hub_repo_renamed"]


def test_metrics_of_the_card_are_claims(hub: Hub, source: HuggingFaceSource) -> None:
    readme = (
        b"---\nmodel-index: [{name: m, results: [{dataset: {name: D}, metrics: "
        b"[{type: f1, value: 0.5}, {type: auc, value: .nan}]}]}]\n---\n"
    )
    hub.repository("acme/churn", {"README.md": readme})
    plan = source.plan({"repo": "acme/churn"})
    assert [(metric.name, metric.value, metric.dataset) for metric in plan.metrics] == [
        ("f1", 0.5, "D")
    ]
    assert plan.left_out_metrics == {"auc / D": "its value is not finite"}


def test_paths_of_any_letters_are_fetched(hub: Hub, source: HuggingFaceSource) -> None:
    path = "a folder/na\u00efve #1 100%?.txt"
    hub.repository("acme/churn", {path: b"bytes"})
    plan = source.plan({"repo": "acme/churn"})
    with source.open(plan, plan.files[0], offset=0) as stream:
        assert (plan.files[0].path, stream.read()) == (path, b"bytes")
