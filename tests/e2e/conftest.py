"""People at browsers, on the stack that ``make run`` starts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.visitors import Visitor
from tests.harness.stack import RunningStack

Come = Callable[..., Visitor]
PATIENCE = 15_000

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def come(browser: Browser, stack: RunningStack) -> Iterator[Come]:
    """Let somebody of the sample sign in with a browser of their own, as often as needed.

    At the end no browser has noticed an error, a violation of the CSP, or an answer above 499.
    """
    visitors: list[Visitor] = []

    def enter(username: str, **options: Any) -> Visitor:
        context = browser.new_context(
            base_url=stack.url, **{"viewport": {"width": 1440, "height": 900}, **options}
        )
        context.set_default_timeout(PATIENCE)
        visitors.append(Visitor(context, username, stack.passwords[username]))
        return visitors[-1].sign_in()

    yield enter
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []
