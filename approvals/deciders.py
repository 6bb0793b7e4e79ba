"""Who can decide about a request now."""

from aegis.accounts.models import User
from approvals.quorum import is_of_groups
from approvals.standing import Standing
from registry.makers import person_of
from registry.permissions import REVIEW, people_who_may


def deciders(standing: Standing) -> list[User]:
    """Return the people whose decision would count for a policy of the request, by name.

    Who decided about the present subject already is left out.
    """
    people = people_who_may(REVIEW, standing.model).prefetch_related("groups").order_by("name")
    decided = {
        person_of(decision.decided_by)
        for decision in standing.decisions
        if standing.is_present(decision)
    }
    return [
        user
        for user in people
        if person_of(user) not in standing.hands
        and person_of(user) not in decided
        and not user.is_auditor
        and any(is_of_groups(user, policy) for policy in standing.policies)
    ]
