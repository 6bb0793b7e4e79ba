"""Chromium starts, or says how to get it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.harness import browser as chromium

REQUIRED_BY = ("AEGIS_REQUIRE_SERVERS", "AEGIS_REQUIRE_BROWSER")


@pytest.mark.browser
def test_chromium_renders_a_page(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<h1>Aegis</h1>")
    assert page.get_by_role("heading").inner_text() == "Aegis"
    page.close()


@pytest.mark.django_db
@pytest.mark.browser
def test_the_database_answers_while_a_browser_runs(browser: Browser) -> None:
    from django.contrib.contenttypes.models import ContentType

    assert browser.is_connected()
    assert ContentType.objects.exists()


def test_without_chromium_a_test_is_skipped_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROMIUM_BIN", str(tmp_path / "none"))
    for name in REQUIRED_BY:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        chromium.require()


@pytest.mark.parametrize("name", REQUIRED_BY)
def test_where_a_browser_is_required_a_missing_one_fails(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROMIUM_BIN", str(tmp_path / "none"))
    monkeypatch.setenv(name, "1")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        chromium.require()
