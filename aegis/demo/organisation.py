"""The sample organisation as a whole: made at the first start, left alone at every other."""

from aegis.accounts.founding import SignIn
from aegis.accounts.models import User
from aegis.demo import people
from aegis.demo.stories import STORIES
from aegis.events import outbox
from registry.models import RegisteredModel


def build() -> list[SignIn]:
    """Make what is not there yet, and return who can sign in.

    A story whose model exists is over, however it ended: a first start that was
    broken off goes on with the next one.
    """
    told = None
    if not User.objects.filter(username="lena").exists():
        told = people.password()
        cast = people.assemble(told)
        people.publish_policies(cast)
    for name, story in STORIES.items():
        if not RegisteredModel.objects.filter(name=name).exists():
            story(people.recalled())
    while outbox.dispatch():
        pass
    return people.sign_ins(told=told)
