"""People at browsers, on the stack that ``make run`` starts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.visitors import PATIENCE, Visitor, enter
from tests.harness.stack import RunningStack

Come = Callable[..., Visitor]

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def come(browser: Browser, stack: RunningStack) -> Iterator[Come]:
    """Let somebody of the sample sign in with a browser of their own, as often as needed.

    At the end no browser has noticed an error, a violation of the CSP, or an answer above 499.
    """
    visitors: list[Visitor] = []

    def come_in(username: str, **options: Any) -> Visitor:
        visitors.append(enter(browser, stack, username, **options))
        return visitors[-1].sign_in()

    yield come_in
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []
