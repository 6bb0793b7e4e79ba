"""What the page that recalls a version draws: what follows from it."""

from dataclasses import dataclass

from aegis.accounts.models import User
from approvals.models import PromotionRequest
from approvals.recalling import IN_USE
from approvals.stage_guards import why_not_recall
from approvals.states import UNDER_WAY
from registry.downloads import people_who_fetched
from registry.models import Alias, ModelVersion
from registry.permissions import permissions_of


@dataclass(frozen=True, slots=True)
class RecallPage:
    """A version with what its recall would end, and the accounts that were given its bytes."""

    version: ModelVersion
    requests: tuple[PromotionRequest, ...]
    aliases: tuple[Alias, ...]
    fetched_by: tuple[User, ...]

    @property
    def name(self) -> str:
        """Return the version as a row names it."""
        return f"v{self.version.number}"

    @property
    def empties(self) -> str:
        """Return the stage that would be left empty, or nothing."""
        return self.version.stage if self.version.stage in IN_USE else ""


def recall_page(version: ModelVersion, user: User) -> RecallPage:
    """Return what follows from recalling ``version``; raise the refusal if ``user`` may not."""
    held = permissions_of(user, version.registered_model)
    if refusal := why_not_recall(version, held=held):
        raise refusal
    requests = PromotionRequest.objects.filter(version=version, state__in=UNDER_WAY)
    aliases = Alias.objects.filter(version=version).order_by("name")
    fetched_by = people_who_fetched(version).order_by("is_service", "name", "username")
    return RecallPage(version, tuple(requests), tuple(aliases), tuple(fetched_by))
