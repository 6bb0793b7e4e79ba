"""Waiting for the people who decide a promotion, at a real registry."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from aegis.sdk import Conflict, Failed, ModelRegistry, NotFound, Progress, WaitInterrupted
from approvals.models import PromotionRequest
from approvals.promoting import begin, give_up, promote
from approvals.requests import withdraw
from registry.models import ModelVersion
from tests.aegis.sdk.serving import Serving
from tests.approvals import making

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(serving: Serving) -> ModelVersion:
    """A version that two people of the risk team may let into Production."""
    making.production_policy(serving.cast)
    with serving.worker.paused():
        return making.new_version(making.new_model(serving.cast), serving.cast.mina)


@pytest.fixture
def registry(serving: Serving) -> Iterator[ModelRegistry]:
    """The registry as mina sees it."""
    with ModelRegistry(serving.url, serving.token(serving.cast.mina)) as there:
        yield there


class Waiting:
    """A script that asks and waits, in a thread of its own, and what it is told meanwhile."""

    def __init__(self, threads: ThreadPoolExecutor, registry: ModelRegistry) -> None:
        self.told: list[str] = []
        self.answer: Future[Mapping[str, Any]] = threads.submit(
            registry.promote,
            "churn-predictor",
            1,
            reason=making.REASON,
            wait=True,
            timeout=60,
            progress=self._note,
        )

    def _note(self, progress: Progress) -> None:
        assert (progress.step, progress.total) == ("promoting", None)
        self.told.append(progress.what)

    def until_told(self, what: str) -> None:
        until(lambda: what in self.told or self.answer.done())
        assert what in self.told


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def waiting(version: ModelVersion, registry: ModelRegistry) -> Iterator[Waiting]:
    with ThreadPoolExecutor(1) as threads:
        found = Waiting(threads, registry)
        found.until_told("open, 0 of 2 approvals")
        yield found


def test_it_ends_once_the_version_is_promoted(
    serving: Serving, waiting: Waiting, registry: ModelRegistry
) -> None:
    request = PromotionRequest.objects.get()
    making.say(request, serving.cast.rita)
    waiting.until_told("open, 1 of 2 approvals")
    making.say(request, serving.cast.remy)
    waiting.until_told("approved")
    promote(request.pk)

    answer = waiting.answer.result(60)
    assert (answer["number"], answer["state"]) == (request.number, "promoted")
    assert registry.show("churn-predictor", "production").number == 1
    assert registry.wait_for_promotion(request.number)["state"] == "promoted"


def test_a_rejection_is_raised_with_who_said_it(serving: Serving, waiting: Waiting) -> None:
    request = PromotionRequest.objects.get()
    making.say(request, serving.cast.rita, "reject")
    with pytest.raises(Conflict) as caught:
        waiting.answer.result(60)
    assert caught.value.code == "promotion_rejected"
    assert caught.value.sentence == (
        "churn-predictor@1 was not promoted: request 1 is rejected. Rita Sandoval rejected it."
    )
    assert caught.value.details == {"request": request.number}


def test_a_request_that_was_taken_back_is_waited_for_no_longer(
    serving: Serving, waiting: Waiting
) -> None:
    withdraw(PromotionRequest.objects.get(), actor=serving.cast.marc)
    with pytest.raises(Conflict) as caught:
        waiting.answer.result(60)
    assert caught.value.code == "promotion_withdrawn"


def test_one_that_cannot_be_carried_out_has_failed(
    registry: ModelRegistry, version: ModelVersion, serving: Serving
) -> None:
    request = making.ask(version, serving.cast.mina)
    for reviewer in (serving.cast.rita, serving.cast.remy):
        making.say(request, reviewer)
    hold = begin(request.pk)
    assert hold is not None
    give_up(hold, reason="The database refuses it.")
    with pytest.raises(Failed) as caught:
        registry.wait_for_promotion(request.number)
    assert caught.value.code == "promotion_failed"
    assert caught.value.sentence.endswith("is failed. The database refuses it.")


def test_without_a_decision_in_time_it_stays_open(
    version: ModelVersion, registry: ModelRegistry
) -> None:
    with pytest.raises(Failed) as caught:
        registry.promote("churn-predictor", 1, reason=making.REASON, wait=True, timeout=0.2)
    assert caught.value.code == "promotion_undecided"
    assert "is open, 0 of 2 approvals after 0.2 seconds" in caught.value.sentence
    number = PromotionRequest.objects.get(state="open").number
    assert f"aegis status {number} --wait" in str(caught.value.mend)
    assert registry.promotion(number)["state"] == "open"


def interrupt(_: Progress) -> None:
    """Press Ctrl-C while the call waits."""
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_ends_the_wait_and_not_the_request(
    version: ModelVersion, registry: ModelRegistry
) -> None:
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(WaitInterrupted) as caught:
            registry.promote(
                "churn-predictor", 1, reason=making.REASON, wait=True, progress=interrupt
            )
    finally:
        signal.signal(signal.SIGINT, heeded)
    request = PromotionRequest.objects.get(state="open")
    assert caught.value.command == f"aegis status {request.number} --wait"


def test_a_request_that_is_not_there_is_not_found(registry: ModelRegistry) -> None:
    with pytest.raises(NotFound):
        registry.wait_for_promotion(12)
