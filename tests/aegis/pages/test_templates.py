"""What holds for every template, whoever wrote it."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from aegis.problems import Conflict, Forbidden

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
ERRORS = ["400", "403", "403_csrf", "404", "409", "429", "500", "503"]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_nothing_inline(name: str) -> None:
    source = (TEMPLATES / name).read_text()
    assert not re.search(r"\sstyle=", source)
    assert not re.search(r"\son[a-z]+=", source)
    assert not re.search(r"\shx-on", source)
    assert not re.search(r"<style|javascript:", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_draws_only_icons_of_the_sprite(name: str) -> None:
    sprite = ET.parse(finders.find("aegis/icons.svg"))
    known = {symbol.attrib["id"].removeprefix("icon-") for symbol in sprite.getroot()}
    source = (TEMPLATES / name).read_text()
    used = set(re.findall(r"""{%\s*icon\s+["']([a-z-]+)["']\s*(?!\|)""", source))
    assert used - {"stage-"} <= known


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_page_stands_without_any_context(status: str) -> None:
    html = get_template(f"{status}.html").render()
    assert html.startswith("<!doctype html>")
    assert "<h1" in html
    assert status[:3] in html


@pytest.mark.parametrize("status", ["403", "409", "503"])
def test_an_error_page_says_the_refusal_and_keeps_what_was_typed(status: str) -> None:
    refusal = Conflict(
        "subject_changed",
        "The bias report was replaced.",
        mend="Read it again.",
        url="/reviews/214/",
        details={"changes": ["Idris Bello replaced the bias report"], "seen": "a", "now": "b"},
    )
    html = get_template(f"{status}.html").render(
        {"refusal": refusal, "kept": [("Comment", "Fine <b>for</b> me")]}
    )
    assert "The bias report was replaced." in html
    assert "Read it again." in html
    assert 'href="/reviews/214/"' in html
    assert "subject_changed" in html
    assert "Fine &lt;b&gt;for&lt;/b&gt; me" in html


def test_a_refusal_without_a_remedy_still_has_a_way_on() -> None:
    html = get_template("403.html").render(
        {"refusal": Forbidden("not_yours", "Only risk-team may.")}
    )
    assert "Only risk-team may." in html
    assert 'href="/"' in html


def test_a_conflict_shows_what_changed_and_both_digests() -> None:
    details = {"changes": ["v9 became Production"], "seen": "1" * 64, "now": "2" * 64}
    refusal = Conflict("subject_changed", "It changed.", details=details)
    html = get_template("409.html").render({"refusal": refusal})
    assert "v9 became Production" in html
    assert f"sha256:{'1' * 64}" in html
    assert f"sha256:{'2' * 64}" in html
