"""What becomes of a test without its server: it is skipped, or fails where all must run."""

import os
from typing import NoReturn

import pytest

EVERYTHING = "AEGIS_REQUIRE_SERVERS"
"""Set to 1 where no test may be skipped for want of a server, as `.ci/run` does."""


def missing(sentence: str, *, also: str = EVERYTHING) -> NoReturn:
    """Skip the test with ``sentence``, or fail it if ``EVERYTHING`` or ``also`` asks for that."""
    if "1" in {os.environ.get(EVERYTHING), os.environ.get(also)}:
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
