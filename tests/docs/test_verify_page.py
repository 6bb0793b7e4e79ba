"""The commands of the page on verifying, against the sample organisation, as they stand."""

import os
import sys
from pathlib import Path

from tests.docs.pages import blocks
from tests.e2e.command import Shell, token_of
from tests.harness.stack import RunningStack


def test_the_commands_of_the_page_do_what_it_says(stack: RunningStack, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, module in (("aegis", "aegis.cli"), ("model_signing", "model_signing")):
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        script.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    shell = Shell(stack.url, token_of(stack, "mina"), home)
    environment = {**shell.environment, "PATH": f"{programs}:{os.environ['PATH']}"}
    found = list(blocks("how-to/verify.md"))
    assert len(found) >= 6
    for block in found:
        assert block.is_as_said(block.run(home, environment))
    assert (home / "reader" / ".aegis" / "promotion.sigstore.json").is_file()
