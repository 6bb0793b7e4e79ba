"""The commands of the how-to on conversion, run as they stand against a real registry."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aegis.cli.app import app
from registry.models import ModelVersion
from tests.aegis.sdk.serving import Serving, serving
from tests.docs.pages import DOCS
from tests.imports.converting.conftest import EXAMPLE, files
from tests.registry import making

__all__ = ["serving"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_page_says_to_type_converts_and_compares(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving.new_version(making.new_model(serving.cast, "iris"), files())
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.marc))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.json").write_text(json.dumps(EXAMPLE[:2]))
    page = (DOCS / "how-to" / "convert.md").read_text()
    commands = re.findall(r"^aegis (convert .*)$", page, re.MULTILINE)
    assert len(commands) == 2

    printed = []
    for command in commands:
        done = CliRunner().invoke(app, shlex.split(command))
        assert done.exit_code == 0, done.output
        printed.append(done.output)

    said = json.loads(printed[0])
    assert (said["number"], said["comparisons"][0]["is_within"]) == (2, True)
    assert all(one["passed"] for one in said["verification"])
    assert "8 of 8 values are within the tolerance, the largest difference is " in printed[1]
    assert ModelVersion.objects.filter(source="conversion").count() == 2
    again = CliRunner().invoke(app, shlex.split(commands[1]))
    assert "was converted so before" in again.output
