"""The session's worker acts on what the present test sends, and on nothing else."""

import pytest
from django.core.cache import cache

from tests.harness.extras.tasks import remember
from tests.harness.worker import Worker

pytestmark = pytest.mark.worker


@pytest.mark.parametrize("_again", [1, 2])
def test_the_worker_writes_into_this_test_s_database(worker: Worker, _again: int) -> None:
    assert cache.get("first") is None
    remember.delay("first")
    worker.wait_until_idle()
    assert cache.get("first") == "done"


def test_messages_of_other_tests_are_forgotten(worker: Worker) -> None:
    worker.end()  # As the fixture does after each test.
    remember.delay("of-another-test")
    worker.begin()
    remember.delay("of-this-test")
    worker.wait_until_idle()
    assert cache.get("of-this-test") == "done"
    assert cache.get("of-another-test") is None


def test_a_worker_that_was_killed_is_started_again(worker: Worker) -> None:
    worker.kill()
    worker.begin()
    remember.delay("after-the-end")
    worker.wait_until_idle()
    assert cache.get("after-the-end") == "done"
