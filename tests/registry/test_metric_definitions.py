from typing import Any

import pytest

from aegis.problems import Conflict, Forbidden, Invalid
from registry.metric_definitions import (
    DEFAULTS,
    define_default_metrics,
    define_metric,
    definitions_of,
    edit_metric_definition,
)
from tests.cast import Cast
from tests.recorded import last, recorded, refused


def test_a_new_registry_knows_the_usual_metrics_once(cast: Cast) -> None:
    define_default_metrics()
    since = last()
    define_default_metrics()

    assert recorded(since) == []
    found = definitions_of({meaning.name for meaning in DEFAULTS})
    assert found.keys() == {meaning.name for meaning in DEFAULTS}
    assert (found["log_loss"].direction, found["log_loss"].ideal) == ("lower", 0.0)
    assert (found["latency_p95_ms"].unit, found["latency_p95_ms"].ideal) == ("ms", None)


def test_an_administrator_defines_a_metric_once(cast: Cast) -> None:
    since = last()

    definition = define_metric(
        actor=cast.ada, name="ndcg@10", title="nDCG@10", direction="higher", ideal=1
    )

    assert recorded(since) == [("metric:defined", str(definition.pk), {"name": "ndcg@10"})]
    refused(
        Conflict, "metric_defined", define_metric, actor=cast.ada, name="ndcg@10", title="x",
        direction="lower",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("further", "code"),
    [
        ({"name": "a b"}, "metric_name_invalid"),
        ({"title": ""}, "text_empty"),
        ({"direction": "up"}, "direction_unknown"),
        ({"ideal": float("nan")}, "metric_not_finite"),
        ({"unit": "x" * 21}, "text_too_long"),
    ],
)
def test_bad_definitions_are_refused(cast: Cast, further: dict[str, Any], code: str) -> None:
    said = {"name": "gini", "title": "Gini", "direction": "higher", **further}

    refused(Invalid, code, define_metric, actor=cast.ada, **said)


def test_only_administrators_define(cast: Cast) -> None:
    said = {"name": "gini", "title": "Gini", "direction": "higher"}

    refused(Forbidden, "administrators_only", define_metric, actor=cast.marc, **said)


def test_how_a_metric_is_shown_may_change(cast: Cast) -> None:
    definition = define_metric(actor=cast.ada, name="gini", title="Gini", direction="higher")

    edit_metric_definition(
        definition, actor=cast.ada, title="Gini coefficient", ideal=1.0, description="2 AUC - 1."
    )

    definition.refresh_from_db()
    assert (definition.title, definition.ideal) == ("Gini coefficient", 1.0)
