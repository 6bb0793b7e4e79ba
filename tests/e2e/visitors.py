"""Somebody at a browser of their own, who notices whatever goes wrong in it."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Response,
    ViewportSize,
    WebError,
    expect,
)
from playwright.sync_api import TimeoutError as NotInTimeError

from tests.harness.stack import RunningStack

SECONDS = 30.0
PATIENCE = 15_000
WIDE: ViewportSize = {"width": 1440, "height": 900}
UNANSWERED = "Failed to load resource"


class Visitor:
    """A person with a browser: one context, one page, and the faults that it noticed."""

    def __init__(self, context: BrowserContext, username: str, password: str) -> None:
        self.username = username
        self.password = password
        self.context = context
        self.faults: list[str] = []
        context.on("console", self._hear)
        context.on("weberror", self._stumble)
        context.on("response", self._receive)
        self.page: Page = context.new_page()

    def sign_in(self) -> "Visitor":
        """Sign in by the form, as everybody does."""
        self.page.goto("/account/login/")
        self.page.get_by_label("User name or e-mail").fill(self.username)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", level=1, name="Catalog")).to_be_visible()
        return self

    def visit(self, path: str) -> Page:
        """Open a page that is there for this person."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path} answered {answer.status} to {self.username}."
        return self.page

    def field(self, label: str) -> Locator:
        """Return the field of the form whose label begins with ``label`` and says no more."""
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s+optional)?\s*$"))

    def fill(self, fields: dict[str, str]) -> None:
        """Fill in fields by their labels."""
        for label, text in fields.items():
            self.field(label).fill(text)

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button of the page's content and wait until the browser has the answer."""
        self.page.get_by_role("main").get_by_role("button", name=name).click()
        self.page.wait_for_load_state()

    def is_told(self, words: str) -> None:
        """Check what the page says in its corner after something was done."""
        expect(self.page.locator("#toasts")).to_contain_text(words)

    def look_until(self, path: str, sight: Callable[[Page], Locator]) -> Locator:
        """Open a page again and again until it shows what Aegis does a moment later."""
        for _ in range(int(SECONDS)):
            seen = sight(self.visit(path))
            try:
                seen.first.wait_for(timeout=1000)
            except NotInTimeError:
                continue
            return seen
        message = f"{path} did not show it to {self.username}:\n{self.page.inner_text('main')}"
        raise AssertionError(message)

    def _hear(self, message: ConsoleMessage) -> None:
        # What was not answered well is judged by the response; CSP violations arrive here.
        if message.type in {"error", "warning"} and not message.text.startswith(UNANSWERED):
            self.faults.append(f"{_where(message.page)}: {message.text}")

    def _stumble(self, error: WebError) -> None:
        self.faults.append(f"{_where(error.page)}: {error.error}")

    def _receive(self, answer: Response) -> None:
        kind = answer.request.resource_type
        if answer.status >= 500 or (answer.status >= 400 and kind != "document"):
            self.faults.append(f"{answer.url} answered {answer.status}")


def enter(browser: Browser, stack: RunningStack, username: str, **options: Any) -> Visitor:
    """Open a browser for somebody of the sample, who is not signed in yet; nobody: empty name."""
    context = browser.new_context(base_url=stack.url, **{"viewport": WIDE, **options})
    context.set_default_timeout(PATIENCE)
    return Visitor(context, username, stack.passwords.get(username, ""))


def _where(page: Page | None) -> str:
    try:
        return page.url if page else "?"
    except Error:
        return "?"
