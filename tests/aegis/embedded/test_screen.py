import json
from pathlib import Path

import pytest

from aegis.embedded import config, options, screen
from aegis.embedded.screen import SignIns

ANSWER = {
    "people": [
        {"name": "Mina Okafor", "username": "mina", "role": "contributor", "password": "lantern"},
        {"name": "Ada Okonkwo", "username": "ada", "role": "administrator", "password": None},
    ],
    "notes": ["Change the passwords."],
}


def test_the_screen_says_where_who_and_how_to_stop(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = config.load(folder)
    screen.show(found, options.read({}), SignIns.parse(json.dumps(ANSWER)))
    shown = capsys.readouterr().out
    assert "http://127.0.0.1:8000/" in shown
    assert "mina         lantern    Mina Okafor, contributor" in shown
    assert "ada          (as set)   Ada Okonkwo, administrator" in shown
    assert "Change the passwords." in shown
    assert "Ctrl-C" in shown
    assert str(folder) in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_program_reads_the_same_as_one_line_of_json(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = config.load(folder)
    screen.show_json(found, options.read({}), SignIns.parse(json.dumps(ANSWER)))
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "url": "http://127.0.0.1:8000",
        "data": str(folder),
        **ANSWER,
    }


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"people": [{}], "notes": []}'])
def test_an_answer_of_another_form_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        SignIns.parse(text)
