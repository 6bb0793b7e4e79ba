"""Hand tests to xdist's workers one by one, but all tests of a whole stack to the same one.

So each kind of stack is started once. (xdist's own groups write their name into the node's number,
which pytest 9.2 no longer reads.)
"""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/e2e/": "the sample organisation's stack",
    "tests/docs/test_verify_page.py": "the sample organisation's stack",
    "tests/aegis/embedded/test_stack.py": "the empty stack",
}


class KeepStacksTogether(LoadScopeScheduling):  # type: ignore[misc]  # xdist gives it no types.
    """Balances single tests, and keeps those of a stack in one process."""

    def _split_scope(self, nodeid: str) -> str:
        places = (name for place, name in TOGETHER.items() if nodeid.startswith(place))
        return next(places, nodeid)
