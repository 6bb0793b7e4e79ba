"""What the page that archives a version draws: what follows from it."""

from dataclasses import dataclass

from aegis.accounts.models import User
from approvals.models import PromotionRequest
from approvals.stage_guards import why_not_archive
from approvals.states import UNDER_WAY
from registry.models import Alias, ModelVersion, Stage
from registry.permissions import permissions_of


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """A version with what its archiving would end: requests under way and aliases."""

    version: ModelVersion
    requests: tuple[PromotionRequest, ...]
    aliases: tuple[Alias, ...]

    @property
    def name(self) -> str:
        """Return the version as a row names it."""
        return f"v{self.version.number}"

    @property
    def empties(self) -> str:
        """Return the stage that would be left empty, or nothing."""
        stage = self.version.stage
        return stage if stage in {Stage.PRODUCTION, Stage.STAGING} else ""


def archive_page(version: ModelVersion, user: User) -> ArchivePage:
    """Return what follows from archiving ``version``; raise the refusal if ``user`` may not."""
    held = permissions_of(user, version.registered_model)
    if refusal := why_not_archive(version, held=held):
        raise refusal
    requests = PromotionRequest.objects.filter(version=version, state__in=UNDER_WAY)
    aliases = Alias.objects.filter(version=version).order_by("name")
    return ArchivePage(version, tuple(requests), tuple(aliases))
