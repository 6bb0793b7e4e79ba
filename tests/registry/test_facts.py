import math
from typing import Any

import pytest

from aegis.problems import Invalid
from registry import facts

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("dataset", {"name": "events"}, {"name": "events"}),
        (
            "dataset",
            {
                "name": " events ",
                "version": "2026-q1",
                "digest": DIGEST,
                "rows": 5,
                "uri": "s3://x",
            },
            {"name": "events", "version": "2026-q1", "digest": DIGEST, "rows": 5, "uri": "s3://x"},
        ),
        ("code_version", "dd61a9b", "dd61a9b"),
        ("code_version", "growth/churn@" + "a" * 40, "growth/churn@" + "a" * 40),
        ("licence", "apache-2.0", "Apache-2.0"),
        ("licence", "mit or BSD-3-clause", "MIT OR BSD-3-Clause"),
        ("licence", "LicenseRef-Acme", "LicenseRef-Acme"),
        ("framework", "scikit-learn", "scikit-learn"),
        ("python", "3.11", "3.11"),
        ("python", "3.13.0rc1", "3.13.0rc1"),
        ("trained_by", "Mina Okafor", "Mina Okafor"),
        ("parameter_count", 0, 0),
        ("params", {"C": 1.0, "n": 3, "fit": True, "none": None, "s": "x\ny"}, None),
        ("environment", {"numpy": "2.2.0"}, {"numpy": "2.2.0"}),
        ("environment", {}, {}),
        ("model_signature", {"inputs.x": "double"}, {"inputs.x": "double"}),
        ("run_tags", {"team": "botany"}, {"team": "botany"}),
    ],
)
def test_a_fact_is_kept_in_its_normal_form(name: str, value: Any, kept: Any) -> None:
    assert facts.check_fact(name, value) == (value if kept is None else kept)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "blue", "fact_unknown"),
        (7, "blue", "fact_unknown"),
        ("dataset", "events", "fact_invalid"),
        ("dataset", {}, "fact_invalid"),
        ("dataset", {"version": "1"}, "fact_invalid"),
        ("dataset", {"name": "x", "owner": "y"}, "fact_invalid"),
        ("dataset", {"name": ""}, "text_empty"),
        ("dataset", {"name": "x", "digest": "abc"}, "fact_invalid"),
        ("dataset", {"name": "x", "rows": -1}, "fact_invalid"),
        ("dataset", {"name": "x", "rows": True}, "fact_invalid"),
        ("dataset", {"name": "x", "rows": 1.5}, "fact_invalid"),
        ("code_version", "main", "fact_invalid"),
        ("code_version", "repo@main", "fact_invalid"),
        ("code_version", "abc123", "fact_invalid"),
        ("code_version", "a b@" + "a" * 40, "fact_invalid"),
        ("code_version", 7, "text_wrong_type"),
        ("licence", "free for all", "licence_unknown"),
        ("licence", "(mit", "licence_unknown"),
        ("licence", "(" * 190, "licence_unknown"),
        ("licence", "", "text_empty"),
        ("python", "three", "fact_invalid"),
        ("framework", "a\0b", "json_nul"),
        ("framework", "a\nb", "text_control_character"),
        ("framework", "x" * 201, "text_too_long"),
        ("parameter_count", "77000000", "fact_invalid"),
        ("parameter_count", 2**60, "json_number_too_large"),
        ("params", ["C"], "fact_invalid"),
        ("params", {"C": math.nan}, "json_number_not_finite"),
        ("params", {"C": math.inf}, "json_number_not_finite"),
        ("params", {"C": [1]}, "text_wrong_type"),
        ("params", {"": 1}, "text_empty"),
        ("params", {"k" * 251: 1}, "text_too_long"),
        ("params", {"k": "v" * 6_001}, "text_too_long"),
        ("params", {str(n): 1 for n in range(2_001)}, "fact_invalid"),
        ("params", {str(n): "v" * 5_000 for n in range(100)}, "fact_too_large"),
        ("environment", {"numpy": 2}, "text_wrong_type"),
    ],
)
def test_a_fact_that_breaks_its_rule_is_refused(name: Any, value: Any, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        facts.check_fact(name, value)
    assert refusal.value.code == code
    refusal.value.sentence.encode()


def test_facts_are_checked_together() -> None:
    assert facts.check_facts({"licence": "mit", "python": "3.11"}) == {
        "licence": "MIT",
        "python": "3.11",
    }
    for value in (None, [], "x"):
        with pytest.raises(Invalid) as refusal:
            facts.check_facts(value)
        assert refusal.value.code == "facts_invalid"


def test_every_fact_says_what_it_is() -> None:
    for name, fact in facts.FACTS.items():
        assert fact.name == name
        assert fact.title
        assert fact.help.endswith(".")
