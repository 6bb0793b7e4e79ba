from pathlib import Path

from aegis.data_model import render

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "data-model.md"


def test_the_reference_of_the_tables_is_current() -> None:
    assert REFERENCE.read_text() == render(), "Run `make docs`."
