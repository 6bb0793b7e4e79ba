import json

import pytest
import yaml
from huggingface_hub.repocard_data import model_index_to_eval_results

from imports.sources.huggingface.claims import MOST, Claims, claims_of
from imports.sources.huggingface.front_matter import read_card
from imports.sources.protocol import FoundMetric

INDEX = """
model-index:
- name: churn
  results:
  - task: {type: text-classification}
    dataset: {type: glue, name: GLUE, config: mrpc, split: validation}
    metrics:
    - {type: accuracy, value: 0.91, name: Accuracy}
    - {type: f1, value: '0.88', verified: true}
  - task: {type: text-classification}
    dataset: {type: imdb, name: IMDB}
    metrics:
    - {type: accuracy, value: 9.1e-1}
"""


def claims(front: str) -> Claims:
    return claims_of(read_card(f"---\n{front}\n---\n".encode()))


def test_claims_are_those_that_the_hub_finds() -> None:
    found = claims(INDEX)
    assert found.metrics == [
        FoundMetric("accuracy", 0.91, "GLUE", "mrpc/validation"),
        FoundMetric("f1", 0.88, "GLUE", "mrpc/validation"),
        FoundMetric("accuracy", 0.91, "IMDB"),
    ]
    _, theirs = model_index_to_eval_results(yaml.safe_load(INDEX)["model-index"])
    assert [(one.metric_type, float(one.metric_value), one.dataset_name) for one in theirs] == [
        (metric.name, metric.value, metric.dataset) for metric in found.metrics
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (".nan", "not finite"),
        ("NaN", "not finite"),
        ("-.inf", "not finite"),
        ("1e999", "not finite"),
        ("high", "no number"),
        ("", "no number"),
        ("[1, 2]", "no number"),
        ("{a: 1}", "no number"),
        ("0x1F", "no number"),
        (".", "no number"),
        ("true", "no number"),
        ("9" * 5_000, "not finite"),
    ],
)
def test_what_is_no_finite_number_is_left_out_with_the_reason(value: str, reason: str) -> None:
    found = claims(
        "model-index: [{name: a, results: [{dataset: {name: D}, metrics: "
        f"[{{type: f1, value: {value}}}, {{type: auc, value: 1}}]}}]}}]"
    )
    assert found.metrics == [FoundMetric("auc", 1.0, "D")]
    assert reason in found.left_out["f1 / D"]


@pytest.mark.parametrize(
    "index",
    ["7", "[]", "[7, [], x]", "{results: {metrics: {value: 1}}}", "[{results: [{metrics: 7}]}]"],
)
def test_a_broken_index_takes_nothing_else_with_it(index: str) -> None:
    found = claims(f"model-index: {index}")
    assert found.metrics == []


def test_a_name_that_no_metric_has_and_a_claim_made_twice_are_left_out() -> None:
    metrics = [{"type": name, "value": 1} for name in ("a b", "f1", "f1", "x" * 90)]
    found = claims(f"model-index: {json.dumps([{'name': 'm', 'results': [{'metrics': metrics}]}])}")
    assert [metric.name for metric in found.metrics] == ["f1"]
    assert found.left_out["f1 (again)"] == "it is claimed twice"
    assert "begins with a letter" in found.left_out["a b"]


def test_thousands_of_claims_end_somewhere() -> None:
    metrics = [{"type": f"m{n}", "value": n} for n in range(MOST + 50)]
    found = claims(f"model-index: {json.dumps([{'name': 'm', 'results': [{'metrics': metrics}]}])}")
    assert len(found.metrics) == MOST
    assert "and more" in found.left_out
