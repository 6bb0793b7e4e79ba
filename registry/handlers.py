"""What follows from sharing: whoever got a role on a model hears of it."""

from collections.abc import Iterable

from aegis.accounts.models import User
from aegis.events.models import OutboxEvent
from aegis.events.notifications import notify
from aegis.events.outbox import handles
from registry.addresses import model_path
from registry.models import RegisteredModel


@handles("model:shared")
def tell_who_got_a_role(event: OutboxEvent) -> None:
    """Tell the people who were given a role, but for the one who gave it."""
    model = RegisteredModel.objects.filter(pk=event.payload["model"]).first()
    if model is None:
        return
    role = event.payload["data"]["role"]
    giver = User.objects.filter(pk=event.payload["actor"]).first()
    notify(
        _people(event.payload["data"], but=event.payload["actor"]),
        event=event,
        kind=event.kind,
        title=f"You are now a {role} of {model}",
        body=f"{giver or 'Aegis'} gave you the role.",
        url=model_path(model),
    )


def _people(data: dict[str, str], *, but: str | None) -> Iterable[User]:
    if "user" in data:
        found = User.objects.filter(pk=data["user"])
    else:
        found = User.objects.filter(groups=int(data["group"]))
    return found.exclude(pk=but) if but else found
