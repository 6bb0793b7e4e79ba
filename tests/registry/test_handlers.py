from aegis.events.models import Notification, OutboxEvent
from aegis.events.outbox import dispatch
from registry.models import RegisteredModel
from registry.sharing import share
from tests.cast import Cast


def test_who_gets_a_role_hears_of_it_once(cast: Cast, model: RegisteredModel) -> None:
    dispatch()
    Notification.objects.all().delete()
    share(model, actor=cast.marc, role="contributor", user=cast.vera)
    dispatch()
    OutboxEvent.objects.update(dispatched_at=None)
    dispatch()

    told = Notification.objects.get(user=cast.vera)
    assert (told.title, told.body, told.url) == (
        "You are now a contributor of churn-predictor",
        "Marc Delacroix gave you the role.",
        "/models/churn-predictor/",
    )


def test_the_members_of_a_group_hear_of_it_but_for_the_giver(
    cast: Cast, model: RegisteredModel
) -> None:
    share(model, actor=cast.marc, role="viewer", group=cast.growth.group)
    dispatch()

    told = Notification.objects.filter(title="You are now a viewer of churn-predictor")
    # The service account of the team is told nothing: nobody reads its letters.
    assert [notification.user for notification in told] == [cast.mina]
