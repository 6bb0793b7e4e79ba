from aegis.command_reference import render
from tests.harness.stack import ROOT


def test_the_reference_of_the_command_is_current() -> None:
    written = (ROOT / "docs" / "reference" / "cli.md").read_text()
    assert written == render(), "Run `make docs`."


def test_the_reference_names_every_option_and_exit() -> None:
    text = render()
    for part in ("aegis verify", "--require STAGE", "--metric TEXT", "NAME[@REF]", "| 5 |"):
        assert part in text
