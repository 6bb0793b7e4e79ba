"""Administration at once: two connections, and whatever order they come in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from aegis.accounts.founding import first_administrator, found
from aegis.accounts.models import ADMINISTRATORS, User
from aegis.accounts.people import create_person, edit_person, set_active, set_registry_role
from aegis.accounts.permits import administrators
from aegis.accounts.teams import rename_team
from aegis.audit.verify import verify_log
from aegis.problems import Conflict, Refusal
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[], Any]


@pytest.fixture
def at_once() -> Iterator[Callable[..., list[Any]]]:
    """Call the functions at once, and return what each returned or refused."""
    with ThreadPoolExecutor(8) as pool:

        def run(*acts: Act) -> list[Any]:
            start = Barrier(len(acts))

            def one(act: Act) -> Any:
                try:
                    start.wait(timeout=20)
                    return act()
                except Refusal as refusal:
                    return refusal
                finally:
                    connection.close()

            return [future.result(timeout=60) for future in [pool.submit(one, a) for a in acts]]

        yield run


@pytest.fixture
def nora(cast: Cast) -> User:
    return create_person(
        actor=cast.ada,
        username="nora",
        name="Nora Berg",
        email="nora@corp.example",
        password=PASSWORD,
        groups=[ADMINISTRATORS],
    )


def test_of_two_administrators_who_dismiss_each_other_one_stays(
    cast: Cast, nora: User, at_once: Callable[..., list[Any]]
) -> None:
    def dismiss(user: User, actor: User) -> Act:
        return lambda: set_registry_role(user, actor=actor, role=ADMINISTRATORS, member=False)

    def lock(user: User, actor: User) -> Act:
        return lambda: set_active(user, actor=actor, active=False)

    for first, second in ((dismiss, dismiss), (lock, lock), (dismiss, lock)):
        answers = at_once(first(nora, cast.ada), second(cast.ada, nora))
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert [refusal.code for refusal in refused] == ["administrators_only"]
        [left] = administrators()
        other = nora if left == cast.ada else cast.ada
        set_active(other, actor=left, active=True)
        set_registry_role(other, actor=left, role=ADMINISTRATORS, member=True)


def test_of_people_of_one_name_one_is_added(cast: Cast, at_once: Callable[..., list[Any]]) -> None:
    def add(number: int) -> Act:
        return lambda: create_person(
            actor=cast.ada,
            username=["twin", "TWIN", "Twin"][number % 3],
            name="Twin",
            email=f"twin{number}@corp.example",
            password=PASSWORD,
        )

    answers = at_once(*[add(number) for number in range(6)])
    assert sum(isinstance(answer, User) for answer in answers) == 1
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert [refusal.code for refusal in refused] == ["username_taken"] * 5
    assert User.objects.filter(username__iexact="twin").count() == 1


def test_of_two_first_starts_one_adds_the_administrator(
    db: None, at_once: Callable[..., list[Any]]
) -> None:
    assert at_once(*[lambda: found(demo=True)] * 3) == [True] * 3
    answers = at_once(*[first_administrator] * 3)
    assert sum(answer is not None for answer in answers) == 1
    assert User.objects.count() == 1


def test_whoever_is_administered_goes_on_working(
    cast: Cast, nora: User, at_once: Callable[..., list[Any]]
) -> None:
    """What nora does is recorded with her as the actor, while her account is edited."""
    turns = range(40)

    def edit() -> None:
        for turn in turns:
            edit_person(nora, actor=cast.ada, name=f"Nora {turn}")

    def work() -> None:
        for turn in turns:
            rename_team(cast.growth, actor=nora, name=f"Growth {turn}")

    assert at_once(edit, work) == [None, None]
    assert verify_log().holds
