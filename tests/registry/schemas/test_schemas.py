import json

import pytest
from jsonschema import Draft202012Validator

from registry.schemas import SCHEMAS, schema_text


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema_and_names_its_format(name: str) -> None:
    schema = json.loads(schema_text(name))
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["format"]["const"] == name
    assert schema["additionalProperties"] is False
