"""Hand tests to xdist's workers one by one, but all tests of a whole stack to the same one.

So each kind of stack is started once. (xdist's own groups write their name into the node's number,
which pytest 9.2 no longer reads.)
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

SAMPLE = "the sample organisation's stack"
TOGETHER = {
    "tests/e2e/": SAMPLE,
    "tests/docs/test_check_load_page.py": SAMPLE,
    "tests/docs/test_verify_page.py": SAMPLE,
    "tests/aegis/embedded/test_stack.py": "the empty stack",
}


def stack_of(nodeid: str) -> str | None:
    """Return the stack whose tests this one is kept with, or None for a test on its own."""
    return next((name for place, name in TOGETHER.items() if nodeid.startswith(place)), None)


def refuse_strays(items: list[pytest.Item]) -> None:
    """Refuse tests that use the sample's stack and are not kept with the others: it starts once."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()) and stack_of(item.nodeid) != SAMPLE:
            raise pytest.UsageError(
                f"{item.nodeid} uses {SAMPLE}: name its file in tests/harness/scheduling.py."
            )


class KeepStacksTogether(LoadScopeScheduling):  # type: ignore[misc]  # xdist gives it no types.
    """Balances single tests, and keeps those of a stack in one process."""

    def _split_scope(self, nodeid: str) -> str:
        return stack_of(nodeid) or nodeid
