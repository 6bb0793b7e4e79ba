"""The commands of the page on load checks, against the sample organisation, as they stand."""

import json
import os
import sys
from pathlib import Path

from registry.schemas import validate
from tests.docs.pages import DOCS, blocks
from tests.e2e.command import Shell, token_of
from tests.harness.stack import RunningStack


def test_the_commands_of_the_page_do_what_it_says(stack: RunningStack, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "aegis"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aegis.cli "$@"\n')
    script.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    shell = Shell(stack.url, token_of(stack, "mina"), home)
    environment = {**shell.environment, "PATH": f"{programs}:{os.environ['PATH']}"}
    found = list(blocks("how-to/check-load.md"))
    assert len(found) >= 4
    for block in found:
        said = block.run(home, environment)
        assert block.is_as_said(said), said
    validate(json.loads((home / "checked.json").read_text())["report"], "aegis.load-check/1")


def test_the_report_of_the_reference_keeps_its_format() -> None:
    page = (DOCS / "reference" / "load-check.md").read_text()
    validate(json.loads(page.partition("```json\n")[2].partition("```")[0]), "aegis.load-check/1")
