"""Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.harness import required

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "There is no Chromium. Get it with: apt-get install chromium (or set CHROMIUM_BIN to its path)."
)


def find() -> str | None:
    """Return the path of Chromium, or None."""
    found = os.environ.get("CHROMIUM_BIN") or next(filter(None, map(shutil.which, NAMES)), None)
    return found if found and os.access(found, os.X_OK) else None


def require() -> str:
    """Return the path of Chromium; skip the test without it, fail where it is required."""
    return find() or required.missing(MISSING, also="AEGIS_REQUIRE_BROWSER")


def launched(path: str) -> Iterator[Browser]:
    """Run Chromium for as long as the caller needs it."""
    # Playwright keeps an event loop in this thread, in which Django refuses to ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield browser
        browser.close()


def new_context(browser: Browser, base_url: str) -> BrowserContext:
    """Return a browser of its own for one person: cookies are not shared."""
    context = browser.new_context(base_url=base_url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    return context
