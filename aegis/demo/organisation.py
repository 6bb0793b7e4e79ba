"""The sample organisation as a whole: made at the first start, left alone at every other."""

from collections.abc import Callable
from typing import Final

from aegis.accounts.founding import SignIn
from aegis.accounts.models import User
from aegis.demo import people
from aegis.events import outbox
from registry.models import RegisteredModel

MODELS: Final = (
    "breast-cancer-screen",
    "digit-reader",
    "wine-notes",
    "diabetes-progression",
    "iris-labels",
)


def build(*, say: Callable[[str], object]) -> list[SignIn]:
    """Make what is not there yet, and return who can sign in; ``say`` is told of what takes long.

    A story whose model exists is over, however it ended: a first start that was
    broken off goes on with the next one.
    """
    told = None
    if not User.objects.filter(username="lena").exists():
        told = people.password()
        people.publish_policies(people.assemble(told))
    there = set(RegisteredModel.objects.filter(name__in=MODELS).values_list("name", flat=True))
    if missing := [name for name in MODELS if name not in there]:
        _tell(missing, say)
    return people.sign_ins(told=told)


def _tell(names: list[str], say: Callable[[str], object]) -> None:
    # What trains models takes seconds to load, and every start but the first does without.
    from aegis.demo.stories import STORIES  # noqa: PLC0415

    cast = people.recalled()
    for name in names:
        say(f"Sample: training, uploading, documenting and reviewing {name} …")
        STORIES[name](cast)
    while outbox.dispatch():
        pass
