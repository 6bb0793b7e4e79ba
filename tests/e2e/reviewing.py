"""What people do and see on the page of a review."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.visitors import SECONDS, Visitor

VERDICTS = {"approve": "Approve", "request_changes": "Request changes", "reject": "Reject"}
CHANGING = "Something changed a moment ago."


def decision(page: Page) -> Locator:
    """Return the panel in which people decide, or read what was decided."""
    return page.get_by_role("complementary", name="Decision")


def read(visitor: Visitor, number: int) -> None:
    """Open a review; where something changed a moment ago, load it again as the page says."""
    settled = f"main:not(:has-text('{CHANGING}'))"
    visitor.look_until(f"/reviews/{number}/", lambda page: page.locator(settled))


def choose(visitor: Visitor, verdict: str, comment: str = "") -> None:
    """Choose a decision on the open page, say why, and confirm the warnings, if there are any."""
    panel = decision(visitor.page)
    panel.get_by_role("radio", name=re.compile(f"^{VERDICTS[verdict]}")).check()
    warnings = panel.get_by_role("checkbox", name=re.compile("^I have read"))
    if warnings.count():
        warnings.check()
    panel.get_by_label("Comment").fill(comment)


def submit(visitor: Visitor) -> None:
    """Send the decision, whatever the button says."""
    decision(visitor.page).locator("button.decision-submit").click()
    visitor.page.wait_for_load_state()


def decide(visitor: Visitor, number: int, verdict: str, comment: str = "") -> None:
    """Decide about a request."""
    read(visitor, number)
    choose(visitor, verdict, comment)
    submit(visitor)


def is_kept(visitor: Visitor, verdict: str, comment: str) -> None:
    """Check that the form still holds what the person chose and wrote."""
    panel = decision(visitor.page)
    expect(panel.get_by_role("radio", name=re.compile(f"^{VERDICTS[verdict]}"))).to_be_checked()
    expect(panel.get_by_label("Comment")).to_have_value(comment)


def is_in(visitor: Visitor, target: str) -> None:
    """Wait until the open page, which asks by itself, says that the version is there."""
    words = re.compile(rf"(came to|in) {target}")
    promoted = decision(visitor.page).get_by_text(words).first
    expect(decision(visitor.page).get_by_text("Promoted")).to_be_visible(timeout=SECONDS * 1000)
    expect(promoted).to_be_visible()
