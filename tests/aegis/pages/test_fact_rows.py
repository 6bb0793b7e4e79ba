import datetime as dt
from uuid import uuid4

from aegis.pages.fact_rows import fact_rows, fact_tables
from approvals.records import FactRecord

VALUES = {
    "framework": "scikit-learn",
    "params": {"C": 1.0},
    "environment": {},
    "model_signature": {"outputs.0": "long", "inputs.length": "double"},
    "run_tags": {"team": "botany"},
}


def test_what_is_many_values_is_a_table_and_the_rest_a_row() -> None:
    now = dt.datetime.now(dt.UTC)
    facts = {
        name: FactRecord(name, value, "origin", uuid4(), now) for name, value in VALUES.items()
    }
    assert [(row.name, row.text) for row in fact_rows(facts)] == [("framework", "scikit-learn")]
    assert {table.title: table.entries for table in fact_tables(facts)} == {
        "Training parameters": (("C", "1.0"),),
        "Inputs and outputs": (("inputs.length", "double"), ("outputs.0", "long")),
        "Tags of the run": (("team", "botany"),),
    }
